"""``airflow-batch resources``: what a spec needs in AWS Batch, compared, made, deleted."""

from __future__ import annotations

import argparse
from typing import Any

from airflow_batch_provider.cli.aws import add_connection, exit_on_error, session_of
from airflow_batch_provider.cli.exit_code import ExitCode
from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.plan.resources import DesiredResource, desired_resources
from airflow_batch_provider.resources.account import ResourceAccount
from airflow_batch_provider.resources.reconcile import Reconciler, Remover
from airflow_batch_provider.resources.render import changes_as_text
from airflow_batch_provider.resources.waiting import TIMEOUT_SECONDS, Waiter
from airflow_batch_provider.spec.loader import load_workflow


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("resources", help="make what a spec needs in AWS Batch")
    verbs = parser.add_subparsers(title="what to do", required=True, metavar="VERB")
    diff = _verb(verbs, "diff", "show what differs, member by member; exit 1 if something does", run_diff)
    apply = _verb(
        verbs, "apply", "create what is missing, update what differs, wait until it is VALID", run_apply
    )
    delete = _verb(verbs, "delete", "delete what the spec has made, in reverse order", run_delete)
    for each in (diff, apply):
        each.add_argument("--adopt", action="store_true", help="take over what was made by others")
    delete.add_argument(
        "--force", action="store_true", help="even if a job queue has jobs that have not ended"
    )
    for each in (apply, delete):
        each.add_argument(
            "--timeout",
            type=float,
            default=TIMEOUT_SECONDS,
            metavar="SECONDS",
            help="how long to wait for AWS Batch (%(default)g)",
        )


def _verb(verbs: Any, name: str, text: str, run: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=text)
    parser.add_argument("file", metavar="FILE", help="a workflow in YAML or JSON, with 'resources'")
    add_connection(parser)
    parser.set_defaults(run=run)
    return parser


@exit_on_error
def run_diff(options: argparse.Namespace) -> int:
    """Show what differs."""
    account, desired = _open(options)
    changes = account.changes(desired, adopt=options.adopt)
    print(changes_as_text(changes))
    return ExitCode.FOUND if any(change.is_change for change in changes) else ExitCode.DONE


@exit_on_error
def run_apply(options: argparse.Namespace) -> int:
    """Make the resources what the spec wants."""
    account, desired = _open(options)
    done: list[str] = []
    reconciler = Reconciler(account, _telling(done), adopt=options.adopt)
    reconciler.check(desired)
    Waiter(account, timeout_seconds=options.timeout).finish(reconciler.step, desired)
    print(f"{len(desired)} resources are as the spec wants them" + ("" if done else "; nothing was changed"))
    return ExitCode.DONE


@exit_on_error
def run_delete(options: argparse.Namespace) -> int:
    """Delete what the spec has made."""
    account, desired = _open(options)
    done: list[str] = []
    remover = Remover(account, _telling(done), force=options.force)
    remover.check(desired)
    Waiter(account, timeout_seconds=options.timeout).finish(remover.step, desired)
    for left in remover.left_alone(desired):
        print(f"left alone {left}: this spec has not made it")
    if not done:
        print("nothing to delete")
    return ExitCode.DONE


def _open(options: argparse.Namespace) -> tuple[ResourceAccount, tuple[DesiredResource, ...]]:
    workflow = load_workflow(options.file)
    desired = desired_resources(workflow)
    if not desired:
        raise SpecError(f"{options.file} has no 'resources'; say there what the workflow needs")
    return ResourceAccount(session_of(options, workflow).api), desired


def _telling(done: list[str]) -> Any:
    def tell(line: str) -> None:
        done.append(line)
        print(line, flush=True)

    return tell
