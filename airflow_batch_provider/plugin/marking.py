"""
Ends the jobs of tasks and runs that somebody marks by hand.

Airflow runs nothing of a run that was marked: no task, no callback. But the API server, in which
the marking happens, tells its listeners. Without them the jobs of a task that has not begun to
wait would run to their end, watched by nobody.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from airflow.listeners import hookimpl

from airflow_batch_provider.plugin.gathering import Mark, MarkedRun, MarkGatherer, start_timer

if TYPE_CHECKING:
    from airflow_batch_provider.plugin.followed import FollowedJobs

log = logging.getLogger(__name__)

SECOND_LOOK_SECONDS: Final = 20.0
"""When what was marked is looked at again: a worker may have been submitting just then, and learns
of the mark with its next heartbeat."""

_TO_BE_TRIED_AGAIN: Final = "up_for_retry"

_workers: Final = ThreadPoolExecutor(max_workers=4, thread_name_prefix="batch-provider")
"""Calls to AWS happen here: whoever has marked a run must not wait for them."""


@hookimpl
def on_dag_run_failed(dag_run: Any, msg: str) -> None:
    """End the jobs of a run that was marked failed."""
    _run_was_marked(dag_run, msg)


@hookimpl
def on_dag_run_success(dag_run: Any, msg: str) -> None:
    """End the jobs of a run that was marked success."""
    _run_was_marked(dag_run, msg)


@hookimpl
def on_task_instance_failed(previous_state: Any, task_instance: Any, error: Any) -> None:  # noqa: ARG001
    """End the job of a task that was marked failed."""
    _task_was_marked(task_instance)


@hookimpl
def on_task_instance_success(previous_state: Any, task_instance: Any) -> None:  # noqa: ARG001
    """End the job of a task that was marked success."""
    _task_was_marked(task_instance)


@hookimpl
def on_task_instance_skipped(previous_state: Any, task_instance: Any) -> None:  # noqa: ARG001
    """End the job of a task that was marked skipped."""
    _task_was_marked(task_instance)


def _run_was_marked(dag_run: Any, msg: str) -> None:
    """The scheduler tells the same of runs that end by themselves, with another message."""
    if msg and "manually set" not in msg:
        return
    _note(Mark(dag_run.dag_id, dag_run.run_id))


def _task_was_marked(task_instance: Any) -> None:
    """
    Take note of a task that has ended over the head of its worker.

    A worker tells the same of its own task, which is then no row of Airflow's database. A scheduler
    tells it of a task whose worker was lost; the next try, if there is one, goes on with its job.
    """
    from sqlalchemy.orm import object_session

    try:
        session = object_session(task_instance)
    except Exception:  # no row
        return
    state = getattr(task_instance.state, "value", task_instance.state)
    if session is not None and state != _TO_BE_TRIED_AGAIN:
        ti = task_instance
        _note(Mark(ti.dag_id, ti.run_id, ti.task_id, ti.map_index))


def _note(mark: Mark) -> None:
    from airflow_batch_provider.hooks.settings import terminates_marked_jobs

    if terminates_marked_jobs():
        _marks.add(mark)


def _end(marked: MarkedRun) -> None:
    _workers.submit(_end_jobs, marked)


def _end_jobs(marked: MarkedRun) -> None:
    from airflow_batch_provider.plugin.followed import jobs_of

    try:
        found = jobs_of(marked)
    except Exception:
        log.exception("The AWS Batch jobs of run '%s', which was marked, cannot be told", marked.run_id)
        return
    for jobs in found:
        _terminate(jobs)
        start_timer(SECOND_LOOK_SECONDS, partial(_workers.submit, _look_again, jobs))


def _look_again(jobs: FollowedJobs) -> None:
    try:
        unwanted = jobs.still_unwanted()
    except Exception:
        log.exception("Whether the jobs of run '%s' are still unwanted is not known", jobs.run_id)
        return
    if unwanted is not None:
        _terminate(unwanted)


def _terminate(jobs: FollowedJobs) -> None:
    try:
        jobs.terminate()
    except Exception:
        log.exception("Not all AWS Batch jobs of run '%s', which was marked, were terminated", jobs.run_id)


_marks: Final = MarkGatherer(_end, start_timer)
