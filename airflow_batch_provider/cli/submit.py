"""``airflow-batch submit``: submit a whole workflow without Airflow, also as a "master job"."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.cli.aws import exit_on_error
from airflow_batch_provider.cli.exit_code import ExitCode
from airflow_batch_provider.cli.run_options import OpenedRun, add_run_options, open_run
from airflow_batch_provider.defaults import REFUSED_TIMEOUT_SECONDS
from airflow_batch_provider.standalone.standalone_run import ignored_gates

if TYPE_CHECKING:
    from airflow_batch_provider.batch.failures.report import JobReport
    from airflow_batch_provider.batch.job import JobDescription
    from airflow_batch_provider.submission import Submission

POLL_INTERVAL_SECONDS: Final = 10.0
_CHILDREN_SHOWN: Final = 5


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "submit",
        help="submit a workflow to AWS Batch, without Airflow",
        description="Submit all jobs of a workflow to AWS Batch, without Airflow. Submitting the same run "
        "again adopts its jobs and resubmits only those that have failed.",
    )
    add_run_options(parser)
    parser.add_argument(
        "--wait", action="store_true", help="show progress and wait until all jobs have ended"
    )
    add_poll_interval(parser)
    parser.add_argument(
        "--refused-timeout",
        type=float,
        default=REFUSED_TIMEOUT_SECONDS,
        metavar="SECONDS",
        help="how long --wait tolerates that AWS refuses the credentials (default: %(default)g)",
    )
    parser.set_defaults(run=run)


def add_poll_interval(parser: argparse.ArgumentParser) -> None:
    """Add the option for the polling interval."""
    parser.add_argument(
        "--poll-interval",
        type=float,
        default=POLL_INTERVAL_SECONDS,
        metavar="SECONDS",
        help="time between two polls with --wait (default: %(default)g)",
    )


@exit_on_error
def run(options: argparse.Namespace) -> int:
    """Submit the jobs; with ``--wait``, wait until they have ended."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    opened = open_run(options, needs_name=False)
    for line in ignored_gates(opened.run.plan):
        print(line, file=sys.stderr)
    submissions = opened.run.submit()
    print(f"run {opened.run.run_name.name} of workflow {opened.run.plan.workflow}", flush=True)
    for each in submissions:
        print(_format_submission(each), flush=True)
    has_failed = any(each.job is None for each in submissions)
    if options.wait:
        job_ids = {each.job_key: each.job.job_id for each in submissions if each.job is not None}
        has_failed |= not wait_for_jobs(opened, job_ids, options.poll_interval, options.refused_timeout)
    return ExitCode.FOUND if has_failed else ExitCode.DONE


def wait_for_jobs(
    opened: OpenedRun,
    job_ids: Mapping[str, str],
    poll_interval_seconds: float,
    refused_timeout_seconds: float,
) -> bool:
    """Show progress until all jobs have ended; return whether all have succeeded."""
    from airflow_batch_provider.cli.run_progress import show_progress
    from airflow_batch_provider.cli.run_table import build_run_table, make_console

    screen = make_console()
    try:
        with show_progress(screen, job_ids) as progress:
            ended = opened.run.follow(
                job_ids,
                progress,
                poll_interval_seconds,
                describe=opened.session.describe,
                refused_seconds=refused_timeout_seconds,
            )
    except KeyboardInterrupt:
        print(
            "The jobs keep running. Check them with 'airflow-batch status', or terminate them with "
            "'airflow-batch cancel'.",
            file=sys.stderr,
        )
        raise
    if not screen.is_terminal:
        screen.print(build_run_table(ended))
    failed = {key: job for key, job in ended.items() if not job.has_succeeded}
    _print_failures(opened, failed)
    return not failed


def _format_submission(submission: Submission) -> str:
    if submission.job is None:
        return f"not submitted {submission.job_key}: {submission.refusal}"
    action = "submitted" if submission.is_new else "adopted"
    return f"{action} {submission.job_key} {submission.job.job_id}"


def _print_failures(opened: OpenedRun, failed: Mapping[str, JobDescription]) -> None:
    """Print why each job failed and the end of its log; for an array job, of its first failed children."""
    from airflow_batch_provider.batch.failures.classification import DEPENDENCY_FAILED
    from airflow_batch_provider.batch.failures.report import JobReporter

    reporter = JobReporter(
        opened.session.batch,
        opened.session.logs,
        opened.session.log_url,
        children_shown=_CHILDREN_SHOWN,
    )
    for key, job in failed.items():
        if job.status_reason != DEPENDENCY_FAILED:  # the failed dependency is reported
            _print_failure(reporter.report(key, job), DEPENDENCY_FAILED)


def _print_failure(report: JobReport, dependency_failed: str) -> None:
    """Print why a job failed; an array job's sentence includes that of its first failed child."""
    own = [child for child in report.children if child.job.status_reason != dependency_failed]
    if report.children and not own:
        return
    print(report.message, file=sys.stderr)
    for child in own[1:]:
        print(f"  {child.message}", file=sys.stderr)
