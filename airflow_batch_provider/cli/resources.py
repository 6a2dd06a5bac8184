"""``airflow-batch resources``: compare, create, update and delete the resources of a spec."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from airflow_batch_provider.cli.aws import add_connection, exit_on_error, open_session
from airflow_batch_provider.cli.exit_code import ExitCode
from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.plan.resources import DesiredResource, desired_resources
from airflow_batch_provider.resources.account import ResourceAccount
from airflow_batch_provider.resources.reconcile import Reconciler, Remover
from airflow_batch_provider.resources.render import changes_as_text
from airflow_batch_provider.resources.waiting import TIMEOUT_SECONDS, ResourceWaiter
from airflow_batch_provider.spec.loader import load_workflow


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    text = "manage the AWS Batch resources of a workflow"
    parser = commands.add_parser("resources", help=text, description=_as_sentence(text))
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    diff = _add_action(
        actions, "diff", "show the differences between the spec and AWS; exit 1 if any", run_diff
    )
    apply = _add_action(
        actions, "apply", "create missing resources, update others, and wait until all are VALID", run_apply
    )
    delete = _add_action(actions, "delete", "delete the resources that the spec owns", run_delete)
    for each in (diff, apply):
        each.add_argument(
            "--adopt", action="store_true", help="take ownership of resources that another owner created"
        )
    delete.add_argument(
        "--force", action="store_true", help="delete job queues even if they have jobs; terminates the jobs"
    )
    for each in (apply, delete):
        each.add_argument(
            "--timeout",
            type=float,
            default=TIMEOUT_SECONDS,
            metavar="SECONDS",
            help="how long to wait for AWS Batch (default: %(default)g)",
        )


def _add_action(actions: Any, name: str, text: str, run: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=text, description=_as_sentence(text))
    parser.add_argument("file", metavar="FILE", help="workflow file (YAML or JSON) with 'resources'")
    add_connection(parser)
    parser.set_defaults(run=run)
    return parser


def _as_sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


@exit_on_error
def run_diff(options: argparse.Namespace) -> int:
    """Show the differences between the spec and AWS."""
    account, desired = _open(options)
    changes = account.changes(desired, adopt=options.adopt)
    print(changes_as_text(changes))
    return ExitCode.FOUND if any(change.is_change for change in changes) else ExitCode.DONE


@exit_on_error
def run_apply(options: argparse.Namespace) -> int:
    """Create and update resources until they match the spec."""
    account, desired = _open(options)
    done: list[str] = []
    reconciler = Reconciler(account, _report_to(done), adopt=options.adopt)
    reconciler.check(desired)
    ResourceWaiter(account, timeout_seconds=options.timeout).run_to_completion(reconciler.step, desired)
    print(f"{len(desired)} of {len(desired)} resources match the spec{'' if done else '; no changes made'}")
    return ExitCode.DONE


@exit_on_error
def run_delete(options: argparse.Namespace) -> int:
    """Delete the resources that the spec owns."""
    account, desired = _open(options)
    done: list[str] = []
    remover = Remover(account, _report_to(done), force=options.force)
    remover.check(desired)
    ResourceWaiter(account, timeout_seconds=options.timeout).run_to_completion(remover.step, desired)
    for kept in remover.find_not_owned(desired):
        print(f"kept {kept}: this spec does not own it")
    if not done:
        print("nothing to delete")
    return ExitCode.DONE


def _open(options: argparse.Namespace) -> tuple[ResourceAccount, tuple[DesiredResource, ...]]:
    workflow = load_workflow(options.file)
    desired = desired_resources(workflow)
    if not desired:
        raise SpecError(f"{options.file} has no 'resources'; define the resources of the workflow there")
    return ResourceAccount(open_session(options, workflow).api), desired


def _report_to(done: list[str]) -> Callable[[str], None]:
    def report(line: str) -> None:
        done.append(line)
        print(line, flush=True)

    return report
