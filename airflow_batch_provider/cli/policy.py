"""``airflow-batch policy``: the IAM policies that a workflow needs."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any, Final

from airflow_batch_provider.cli.exit_code import ExitCode
from airflow_batch_provider.plan.planner import plan_workflow
from airflow_batch_provider.plan.policy.jobs import submitting_policy, waiting_policy
from airflow_batch_provider.plan.policy.resources import resources_policy
from airflow_batch_provider.plan.policy.statement import Place
from airflow_batch_provider.plan.resources import desired_resources
from airflow_batch_provider.spec.diagnostics import InvalidSpecError
from airflow_batch_provider.spec.loader import load_workflow

_SIDES: Final = ("submit", "triggerer", "resources")


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("policy", help="print the IAM policies that a workflow needs")
    parser.add_argument("file", metavar="FILE", help="a workflow in YAML or JSON")
    parser.add_argument("--account", required=True, metavar="ID", help="the AWS account")
    parser.add_argument("--region", required=True, help="the AWS Region")
    parser.add_argument("--partition", default="aws", help="aws, aws-cn or aws-us-gov (%(default)s)")
    parser.add_argument(
        "--for", dest="side", choices=_SIDES, help="one policy document, in place of all by name"
    )
    parser.add_argument(
        "--untagged", action="store_true", help="jobs get no tags of ours ([batch_provider] tag_jobs = False)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the policies as JSON."""
    try:
        workflow = load_workflow(options.file)
    except InvalidSpecError as error:
        for finding in error.findings:
            print(finding, file=sys.stderr)
        return ExitCode.FOUND
    place = Place(options.account, options.region, options.partition)
    plan, desired = plan_workflow(workflow), desired_resources(workflow)
    made = {
        "submit": submitting_policy(plan, place, desired, tags_jobs=not options.untagged),
        "triggerer": waiting_policy(plan, place, desired, tags_jobs=not options.untagged),
        "resources": resources_policy(desired, place),
    }
    print(json.dumps(made[options.side] if options.side else made, indent=2, ensure_ascii=False))
    return ExitCode.DONE
