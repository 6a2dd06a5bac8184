"""``airflow-batch submit``: the master job, which submits a whole workflow without Airflow."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.cli.aws import exit_on_error
from airflow_batch_provider.cli.exit_code import ExitCode
from airflow_batch_provider.cli.run_options import OpenedRun, add_run_options, open_run

if TYPE_CHECKING:
    from airflow_batch_provider.batch.failures.report import JobReport

POLL_INTERVAL_SECONDS: Final = 10.0
_CHILDREN_SHOWN: Final = 5


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("submit", help="submit a workflow to AWS Batch, without Airflow")
    add_run_options(parser)
    parser.add_argument(
        "--wait", action="store_true", help="wait until all jobs have ended, and show how they go"
    )
    add_poll_interval(parser)
    parser.set_defaults(run=run)


def add_poll_interval(parser: argparse.ArgumentParser) -> None:
    """Add the option that says how often AWS Batch is asked."""
    parser.add_argument(
        "--poll-interval",
        type=float,
        default=POLL_INTERVAL_SECONDS,
        metavar="SECONDS",
        help="from one look at the jobs to the next (%(default)g)",
    )


@exit_on_error
def run(options: argparse.Namespace) -> int:
    """Submit the jobs, and wait for them if asked to."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    opened = open_run(options, needs_name=False)
    submissions = opened.master.submit()
    print(f"run {opened.master.run.name} of workflow {opened.master.plan.workflow}", flush=True)
    for each in submissions:
        print(_line(each), flush=True)
    refused = any(each.job is None for each in submissions)
    if options.wait:
        job_ids = {each.job_key: each.job.job_id for each in submissions if each.job is not None}
        refused |= not wait_for(opened, job_ids, options.poll_interval)
    return ExitCode.FOUND if refused else ExitCode.DONE


def wait_for(opened: OpenedRun, job_ids: Mapping[str, str], poll_interval_seconds: float) -> bool:
    """Show how jobs go until all have ended; tell whether all have succeeded."""
    from airflow_batch_provider.cli.run_progress import progress_on
    from airflow_batch_provider.cli.run_table import console, run_table

    screen = console()
    try:
        with progress_on(screen, job_ids) as progress:
            ended = opened.master.follow(job_ids, progress, poll_interval_seconds)
    except KeyboardInterrupt:
        print("The jobs go on; 'airflow-batch status' shows them, 'cancel' ends them.", file=sys.stderr)
        raise
    if not screen.is_terminal:
        screen.print(run_table(ended))
    failed = {key: job for key, job in ended.items() if not job.has_succeeded}
    _tell_failures(opened, failed)
    return not failed


def _line(submission: Any) -> str:
    if submission.job is None:
        return f"not accepted {submission.job_key}: {submission.refusal}"
    done = "submitted" if submission.is_new else "adopted"
    return f"{done} {submission.job_key} {submission.job.job_id}"


def _tell_failures(opened: OpenedRun, failed: Mapping[str, Any]) -> None:
    """Say of each job that failed why, with the end of its log; of an array, of its first children."""
    from airflow_batch_provider.batch.failures.classification import DEPENDENCY_FAILED
    from airflow_batch_provider.batch.failures.report import JobReporter

    reporter = JobReporter(
        opened.session.batch,
        opened.session.logs,
        opened.session.log_url,
        children_shown=_CHILDREN_SHOWN,
    )
    for key, job in failed.items():
        if job.status_reason != DEPENDENCY_FAILED:  # the job that it depends on says why
            _tell(reporter.report(key, job), DEPENDENCY_FAILED)


def _tell(report: JobReport, not_its_own: str) -> None:
    """Say why a job failed; the sentence of an array job has that of its first failed child."""
    own = [child for child in report.children if child.job.status_reason != not_its_own]
    if report.children and not own:
        return
    print(report.message, file=sys.stderr)
    for child in own[1:]:
        print(f"  {child.message}", file=sys.stderr)
