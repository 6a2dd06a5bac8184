"""Run the demo's workflow and report its result."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Protocol

from rich.console import Console

from harness.account import aws_client
from harness.airflow_records import DagRun, TaskInstance
from harness.demo_jobs import DemoJob, JobTracker
from harness.post_trade import DAG_ID, JOB_KEYS, RUN_COUNT, month_of, start_runs
from harness.progress import Progress
from harness.report import build_job_table, print_insights
from harness.stack import Stack

_POLL_SECONDS = 0.5
_TIMEOUT_SECONDS = 600.0
_LOG_LINES = 6


class WorkflowFailedError(RuntimeError):
    """A run failed or did not end in time; the message includes the failed tasks and their logs."""


class TaskReader(Protocol):
    """The methods of ``AirflowApi`` that find out why a run failed."""

    def task_instances(self, dag_id: str, run_id: str) -> list[TaskInstance]: ...

    def log(self, dag_id: str, run_id: str, task_id: str, *, try_number: int) -> str: ...


def run_workflow(stack: Stack, progress: Progress) -> list[DemoJob]:
    """Start all runs and show their jobs until every run has succeeded or failed."""
    api = stack.airflow.api
    start_runs(api)
    tracker = JobTracker(api, aws_client("batch", stack.batch.url))
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while True:
        runs = api.runs(DAG_ID)
        jobs = tracker.poll(runs)
        progress.show(jobs, RUN_COUNT * len(JOB_KEYS))
        if len(runs) >= RUN_COUNT and all(run.is_final for run in runs):
            return jobs
        if time.monotonic() > deadline:
            states = {month_of(run): run.state for run in runs}
            raise WorkflowFailedError(f"The runs have not ended after {_TIMEOUT_SECONDS:g} s: {states}")
        stack.airflow.check_alive()
        time.sleep(_POLL_SECONDS)


def print_report(console: Console, stack: Stack, jobs: Sequence[DemoJob]) -> None:
    """
    Print the table of jobs, and the insights if all runs have succeeded.

    :raises WorkflowFailedError: a run has not succeeded.
    """
    console.print(build_job_table(jobs))
    runs = stack.airflow.api.runs(DAG_ID)
    check_success(stack.airflow.api, runs)
    print_insights(console, aws_client("s3", stack.batch.url), sorted(month_of(run) for run in runs))


def check_success(api: TaskReader, runs: Sequence[DagRun]) -> None:
    """Raise WorkflowFailedError with the failed tasks and their last log lines unless all runs succeeded."""
    failed = [run for run in runs if run.state != "success"]
    if failed:
        raise WorkflowFailedError("\n".join(text for run in failed for text in _failures(api, run)))


def _failures(api: TaskReader, run: DagRun) -> Iterator[str]:
    yield f"The run of {month_of(run)} {'failed' if run.state == 'failed' else f'is {run.state}'}."
    for task in api.task_instances(DAG_ID, run.run_id):
        if task.state == "failed":
            log = api.log(DAG_ID, run.run_id, task.task_id, try_number=task.try_number)
            tail = "\n".join(f"  {line}" for line in log.splitlines()[-_LOG_LINES:])
            yield f"Task '{task.task_id}' failed. Last lines of its log:\n{tail}"
