"""``airflow-batch doctor``: checks an account against a workflow; changes nothing."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Any

from airflow_batch_provider.cli.aws import add_connection, exit_on_error, session_of
from airflow_batch_provider.cli.exit_code import ExitCode
from airflow_batch_provider.plan.planner import plan_workflow
from airflow_batch_provider.plan.policy.jobs import submitting_policy
from airflow_batch_provider.plan.policy.statement import Place
from airflow_batch_provider.plan.resources import desired_resources
from airflow_batch_provider.spec.loader import load_workflow


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "doctor", help="check an AWS account against a spec; read-only; exit 1 if jobs would not run"
    )
    parser.add_argument("file", metavar="FILE", help="a workflow in YAML or JSON")
    add_connection(parser)
    parser.add_argument("--json", action="store_true", help="the findings as JSON")
    parser.set_defaults(run=run)


@exit_on_error
def run(options: argparse.Namespace) -> int:
    """Print every finding with its remedy."""
    from airflow_batch_provider.doctor.account import Account
    from airflow_batch_provider.doctor.examination import Examination
    from airflow_batch_provider.doctor.finding import Severity

    workflow = load_workflow(options.file)
    session = session_of(options, workflow)
    here = session.api.meta
    identity = session.client("sts").get_caller_identity()
    place = Place(identity["Account"], here.region_name, here.partition)
    plan = plan_workflow(workflow)
    policy = submitting_policy(plan, place, desired_resources(workflow))
    findings = Examination(workflow, plan, Account(session), policy).findings()
    if options.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2, ensure_ascii=False))
    else:
        print("\n".join(map(str, findings)) or "no findings")
        print(f"account {place.account}, Region {place.region}, as {identity['Arn']}")
    has_errors = any(finding.severity is Severity.ERROR for finding in findings)
    return ExitCode.FOUND if has_errors else ExitCode.DONE
