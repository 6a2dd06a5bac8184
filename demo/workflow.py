"""Run the demo's workflow on a stack that is ready, and tell how it went."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.console import Console

from demo.account import aws_client
from demo.airflow_api import AirflowApi
from demo.airflow_records import DagRun
from demo.followed_jobs import FollowedJob, JobFollower
from demo.post_trade import DAG_ID, JOB_KEYS, RUN_COUNT, month_of, start_runs
from demo.progress import Progress
from demo.report import job_table, print_insights
from demo.stack import Stack

_POLL_SECONDS = 0.5
_TIMEOUT_SECONDS = 600.0
_LOG_LINES = 6


class WorkflowFailedError(RuntimeError):
    """A run failed or did not end; the text names its tasks, with the end of their logs."""


def run_workflow(stack: Stack, progress: Progress) -> list[FollowedJob]:
    """Start all runs and follow their jobs until every run has ended, well or not."""
    api = stack.airflow.api
    start_runs(api)
    follower = JobFollower(api, aws_client("batch", stack.batch.url))
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while True:
        runs = api.runs(DAG_ID)
        jobs = follower.look(runs)
        progress.show(jobs, RUN_COUNT * len(JOB_KEYS))
        if len(runs) >= RUN_COUNT and all(run.is_final for run in runs):
            return jobs
        if time.monotonic() > deadline:
            raise WorkflowFailedError(f"not done after {_TIMEOUT_SECONDS:g} s.\n{_failures(api, runs)}")
        stack.airflow.check_alive()
        time.sleep(_POLL_SECONDS)


def print_report(console: Console, stack: Stack, jobs: Sequence[FollowedJob]) -> None:
    """
    Print the table of jobs, and the insights if every run has succeeded.

    :raises WorkflowFailedError: a run has not succeeded.
    """
    console.print(job_table(jobs))
    runs = stack.airflow.api.runs(DAG_ID)
    if any(run.state != "success" for run in runs):
        raise WorkflowFailedError(_failures(stack.airflow.api, runs))
    print_insights(console, aws_client("s3", stack.batch.url), sorted(month_of(run) for run in runs))


def _failures(api: AirflowApi, runs: Sequence[DagRun]) -> str:
    texts = []
    for run in runs:
        if run.state == "success":
            continue
        texts.append(f"The run of {month_of(run)} is {run.state}.")
        for task in api.task_instances(DAG_ID, run.run_id):
            if task.state == "failed":
                log = api.log(DAG_ID, run.run_id, task.task_id, try_number=task.try_number)
                tail = "\n".join(f"  {line}" for line in log.splitlines()[-_LOG_LINES:])
                texts.append(f"Task '{task.task_id}' failed; the end of its log:\n{tail}")
    return "\n".join(texts)
