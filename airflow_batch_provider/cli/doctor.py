"""``airflow-batch doctor``: check an account against a workflow, read-only."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Any

from airflow_batch_provider.cli.aws import add_connection, exit_on_error, open_session
from airflow_batch_provider.cli.exit_code import ExitCode
from airflow_batch_provider.plan.planner import plan_workflow
from airflow_batch_provider.plan.policy.jobs import build_submit_policy
from airflow_batch_provider.plan.policy.statement import ArnBuilder
from airflow_batch_provider.plan.resources import desired_resources
from airflow_batch_provider.spec.loader import load_workflow


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "doctor",
        help="check that a workflow's jobs can run in an AWS account",
        description="Check that a workflow's jobs can run in an AWS account: queues, job definitions, "
        "sizes, log groups and permissions. Only reads. Exits with 1 if there is an error.",
    )
    parser.add_argument("file", metavar="FILE", help="workflow file (YAML or JSON)")
    add_connection(parser)
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.set_defaults(run=run)


@exit_on_error
def run(options: argparse.Namespace) -> int:
    """Print every finding with its remedy; return FOUND if there is an error."""
    from airflow_batch_provider.doctor.account_check import AccountCheck
    from airflow_batch_provider.doctor.account_reader import AccountReader
    from airflow_batch_provider.doctor.finding import Severity

    workflow = load_workflow(options.file)
    session = open_session(options, workflow)
    client = session.api.meta
    identity = session.client("sts").get_caller_identity()
    builder = ArnBuilder(identity["Account"], client.region_name, client.partition)
    plan = plan_workflow(workflow)
    policy = build_submit_policy(plan, builder, desired_resources(workflow))
    findings = AccountCheck(workflow, plan, AccountReader(session), policy).findings()
    if options.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2, ensure_ascii=False))
    else:
        print("\n".join(map(str, findings)) or "No problems found.")
        print(f"Checked account {builder.account} in {builder.region} as {identity['Arn']}.")
    has_errors = any(finding.severity is Severity.ERROR for finding in findings)
    return ExitCode.FOUND if has_errors else ExitCode.DONE
