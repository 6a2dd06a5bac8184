"""``airflow-batch policy``: print the IAM policies that a workflow needs."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any, Final

from airflow_batch_provider.cli.exit_code import ExitCode
from airflow_batch_provider.plan.planner import plan_workflow
from airflow_batch_provider.plan.policy.jobs import build_submit_policy, build_triggerer_policy
from airflow_batch_provider.plan.policy.resources import build_resources_policy
from airflow_batch_provider.plan.policy.statement import ArnBuilder
from airflow_batch_provider.plan.policy.sweep import build_sweep_policy
from airflow_batch_provider.plan.resources import desired_resources
from airflow_batch_provider.spec.diagnostics import InvalidSpecError
from airflow_batch_provider.spec.loader import load_workflow

_POLICIES: Final = ("submit", "triggerer", "resources", "sweep")


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "policy",
        help="print the IAM policies that a workflow needs",
        description="Print the least-privilege IAM policies that a workflow needs, as JSON. "
        "Does not connect to AWS.",
    )
    parser.add_argument("file", metavar="FILE", help="workflow file (YAML or JSON)")
    parser.add_argument("--account", required=True, metavar="ID", help="AWS account ID")
    parser.add_argument("--region", required=True, help="AWS Region")
    parser.add_argument("--partition", default="aws", help="aws, aws-cn or aws-us-gov (default: %(default)s)")
    parser.add_argument(
        "--for", dest="policy", choices=_POLICIES, help="print only this policy (default: all, by name)"
    )
    parser.add_argument(
        "--untagged",
        action="store_true",
        help="for jobs without identity tags ([batch_provider] tag_jobs = False)",
    )
    parser.add_argument(
        "--environment",
        metavar="NAME",
        help="the environment whose jobs the policy 'sweep' allows to terminate "
        "(default: only the jobs of this workflow)",
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
    builder = ArnBuilder(options.account, options.region, options.partition)
    plan, desired = plan_workflow(workflow), desired_resources(workflow)
    policies = {
        "submit": build_submit_policy(plan, builder, desired, tags_jobs=not options.untagged),
        "triggerer": build_triggerer_policy(plan, builder, desired, tags_jobs=not options.untagged),
        "resources": build_resources_policy(desired, builder),
        "sweep": build_sweep_policy(workflow.workflow, builder, options.environment),
    }
    chosen = policies[options.policy] if options.policy else policies
    print(json.dumps(chosen, indent=2, ensure_ascii=False))
    return ExitCode.DONE
