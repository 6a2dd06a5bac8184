"""``airflow-batch status``: show the jobs of a run."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow_batch_provider.cli.aws import exit_on_error
from airflow_batch_provider.cli.exit_code import ExitCode
from airflow_batch_provider.cli.run_options import add_run_options, open_run

if TYPE_CHECKING:
    from airflow_batch_provider.batch.job import JobDescription


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "status",
        help="show the jobs of a run that was submitted without Airflow",
        description="Show the jobs of a run. Exits with 1 if a job has failed or was not submitted.",
    )
    add_run_options(parser)
    parser.add_argument("--json", action="store_true", help="print the jobs as JSON")
    parser.set_defaults(run=run)


@exit_on_error
def run(options: argparse.Namespace) -> int:
    """Show the newest job of every job key."""
    standalone_run = open_run(options, needs_name=True).run
    jobs = standalone_run.describe()
    if not any(jobs.values()):
        name = standalone_run.run_name.name
        print(
            f"airflow-batch: AWS Batch has no jobs of run '{name}'; check --run-name (or --date and --set), "
            "--region and --profile",
            file=sys.stderr,
        )
        return ExitCode.FOUND
    if options.json:
        print(json.dumps({key: job.to_json() if job else None for key, job in jobs.items()}, indent=2))
    else:
        _show(jobs)
    has_failed = any(job is None or (job.status.is_final and not job.has_succeeded) for job in jobs.values())
    return ExitCode.FOUND if has_failed else ExitCode.DONE


def _show(jobs: Mapping[str, JobDescription | None]) -> None:
    from airflow_batch_provider.cli.run_table import build_run_table, make_console

    make_console().print(build_run_table(jobs))
