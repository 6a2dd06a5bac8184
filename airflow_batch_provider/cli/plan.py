"""``airflow-batch plan``: show the jobs that would be submitted, in order."""

from __future__ import annotations

import argparse
from typing import Any

from airflow_batch_provider.cli.aws import exit_on_error
from airflow_batch_provider.cli.exit_code import ExitCode
from airflow_batch_provider.plan.planner import plan_workflow
from airflow_batch_provider.plan.render import plan_as_text
from airflow_batch_provider.plan.requests_as_json import plan_as_json
from airflow_batch_provider.spec.loader import load_workflow


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "plan",
        help="show a workflow's jobs in submission order",
        description="Show a workflow's jobs in submission order, with their dependencies. "
        "Does not connect to AWS.",
    )
    parser.add_argument("file", metavar="FILE", help="workflow file (YAML or JSON)")
    parser.add_argument("--json", action="store_true", help="print the SubmitJob requests as JSON")
    parser.set_defaults(run=run)


@exit_on_error
def run(options: argparse.Namespace) -> int:
    """Print the plan."""
    plan = plan_workflow(load_workflow(options.file))
    print(plan_as_json(plan) if options.json else plan_as_text(plan))
    return ExitCode.DONE
