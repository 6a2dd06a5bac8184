"""
Ends the jobs of tasks and runs that somebody marks by hand.

Airflow runs nothing of a run that was marked: no task, no callback. But the API server, in which
the marking happens, tells its listeners. Without them the jobs of a task that has not begun to
wait would run to their end, watched by nobody.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from airflow.listeners import hookimpl

if TYPE_CHECKING:
    from airflow_batch_provider.plugin.followed import FollowedJobs

log = logging.getLogger(__name__)

SECOND_LOOK_SECONDS: Final = 20.0
"""When what was marked is looked at again: a worker may have been submitting just then, and learns
of the mark with its next heartbeat."""

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
    _end(partial(_of_run, dag_run))


def _task_was_marked(task_instance: Any) -> None:
    """A worker tells the same of its own task, which is then no row of Airflow's database."""
    from sqlalchemy.orm import object_session

    try:
        session = object_session(task_instance)
    except Exception:  # no row
        return
    if session is not None:
        _end(partial(_of_task, task_instance))


def _of_run(dag_run: Any) -> Iterable[FollowedJobs]:
    from airflow_batch_provider.plugin.followed import jobs_of_run

    return jobs_of_run(dag_run)


def _of_task(task_instance: Any) -> Iterable[FollowedJobs]:
    from airflow_batch_provider.plugin.followed import jobs_of_task

    return jobs_of_task(task_instance)


def _end(find: Callable[[], Iterable[FollowedJobs]]) -> None:
    from airflow_batch_provider.hooks.settings import listens_to_marks

    if not listens_to_marks():
        return
    try:
        found = list(find())
    except Exception:  # must not fail the request of whoever has marked the run
        log.exception("The AWS Batch jobs of what was marked cannot be told")
        return
    for jobs in found:
        _workers.submit(_sweep, jobs, time.time())


def _sweep(jobs: FollowedJobs, until: float) -> None:
    try:
        jobs.terminate(until)
        time.sleep(SECOND_LOOK_SECONDS)
        if jobs.are_still_unwanted():
            jobs.terminate(time.time())
    except Exception:
        log.exception("Not all AWS Batch jobs named %s… were terminated", jobs.name_prefix)
