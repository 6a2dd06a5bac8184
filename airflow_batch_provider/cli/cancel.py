"""``airflow-batch cancel``: ends all jobs of a run."""

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
        "cancel", help="terminate all jobs of a run that was submitted without Airflow"
    )
    add_run_options(parser)
    parser.add_argument("--wait", action="store_true", help="wait until all of them have ended")
    add_poll_interval(parser)
    parser.set_defaults(run=run)


@exit_on_error
def run(options: argparse.Namespace) -> int:
    """Terminate what runs, and cancel what waits."""
    opened = open_run(options, needs_name=True)
    newest = opened.master.find().newest
    ended = opened.master.cancel()
    print(
        f"run {opened.master.run.name}: {len(ended)} jobs terminated"
        if ended
        else "no job of the run is live"
    )
    if options.wait and ended:
        opened.master.follow(newest, lambda *_: None, options.poll_interval)
    return ExitCode.DONE
