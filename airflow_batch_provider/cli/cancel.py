"""``airflow-batch cancel``: terminate all jobs of a run."""

from __future__ import annotations

import argparse
from typing import Any

from airflow_batch_provider.cli.aws import exit_on_error
from airflow_batch_provider.cli.exit_code import ExitCode
from airflow_batch_provider.cli.run_options import add_run_options, open_run
from airflow_batch_provider.cli.submit import add_poll_interval


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "cancel",
        help="terminate the jobs of a run that was submitted without Airflow",
        description="Terminate all jobs of a run that have not ended.",
    )
    add_run_options(parser)
    parser.add_argument("--wait", action="store_true", help="wait until all jobs have ended")
    add_poll_interval(parser)
    parser.set_defaults(run=run)


@exit_on_error
def run(options: argparse.Namespace) -> int:
    """Terminate the jobs that are running or waiting."""
    opened = open_run(options, needs_name=True)
    standalone_run = opened.run
    newest = standalone_run.find_jobs().newest
    terminated = standalone_run.cancel()
    name = standalone_run.run_name.name
    print(
        f"run {name}: {len(terminated)} {'job' if len(terminated) == 1 else 'jobs'} terminated"
        if terminated
        else f"run {name}: no jobs to terminate"
    )
    if options.wait and terminated:
        standalone_run.follow(
            newest, lambda *_: None, options.poll_interval, describe=opened.session.describe
        )
    return ExitCode.DONE
