"""``airflow-batch hold``: cancel the jobs of a paused DAG that have not started."""

from __future__ import annotations

import argparse
from typing import Any

from airflow_batch_provider.cli.aws import add_connection, exit_on_error
from airflow_batch_provider.cli.exit_code import ExitCode
from airflow_batch_provider.standalone.holding import HeldJobs


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "hold",
        help="stop the jobs of a paused DAG that have not started",
        description="Cancel the jobs of a DAG's runs that have not started. Pause the DAG first. When it is "
        "unpaused, the tasks of these jobs submit them again.",
    )
    parser.add_argument("dag_id", metavar="DAG_ID", help="the DAG in Airflow")
    parser.add_argument("--run-id", help="only the jobs of this run (default: of all runs)")
    parser.add_argument(
        "--job-queue",
        action="append",
        metavar="QUEUE",
        help="search only this job queue; can be repeated (default: all queues of the Region)",
    )
    parser.add_argument("--dry-run", action="store_true", help="print the jobs, but do not cancel them")
    add_connection(parser)
    parser.set_defaults(run=run)


@exit_on_error
def run(options: argparse.Namespace) -> int:
    """Cancel the jobs and print them."""
    from airflow_batch_provider.batch.session import AwsSession

    session = AwsSession(region_name=options.region, profile_name=options.profile)
    jobs = HeldJobs.find(session.batch, options.dag_id, options.run_id, options.job_queue or ())
    for job in jobs.started:
        print(f"{job.job_id} {job.job_name}: children have started; the array continues")
    for job in jobs.waiting:
        print(f"{job.job_id} {job.job_name}: {job.status}")
    if not options.dry_run:
        jobs.hold(session.batch)
    count = f"{len(jobs.waiting)} {'job' if len(jobs.waiting) == 1 else 'jobs'}"
    print(
        f"DAG {options.dag_id}: {count} would be held"
        if options.dry_run
        else f"DAG {options.dag_id}: {count} held"
    )
    return ExitCode.DONE
