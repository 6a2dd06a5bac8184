"""Terminate the jobs that no task follows any longer, twice, outside the thread that learns of them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Final

from airflow.sdk import DagRunState, TaskInstanceState

from airflow_batch_provider.sweep.database import run_state, task_states
from airflow_batch_provider.sweep.gathering import start_timer
from airflow_batch_provider.sweep.jobs import UnfollowedJobs

log = logging.getLogger(__name__)

SECOND_SWEEP_SECONDS: Final = 20.0
"""When the jobs are looked for again: a worker may have been submitting when its task was marked or
deleted, and learns of it with its next heartbeat."""

_ENDED_RUN: Final = frozenset({DagRunState.FAILED, DagRunState.SUCCESS})
_ENDED_TASK: Final = frozenset(
    {
        TaskInstanceState.FAILED,
        TaskInstanceState.SUCCESS,
        TaskInstanceState.SKIPPED,
        TaskInstanceState.REMOVED,
    }
)

_workers: Final = ThreadPoolExecutor(max_workers=4, thread_name_prefix="batch-provider")
"""Makes the calls to AWS, so that the user who marks or deletes a run does not wait for them."""

FindJobs = Callable[[], Iterable[UnfollowedJobs]]


def sweep_twice(find: FindJobs, cause: str) -> None:
    """
    Terminate jobs now and after a while; the second time, only those that still no task follows.

    :param find: returns the jobs; called in a worker thread.
    :param cause: the first half of the message if this fails, a sentence without its full stop.
    """
    _workers.submit(_sweep, find, cause)


def _sweep(find: FindJobs, cause: str) -> None:
    try:
        found = list(find())
    except Exception as error:
        report(f"{cause}, but its AWS Batch jobs could not be found", error)
        return
    for jobs in found:
        _terminate(jobs, cause)
    if found:
        # Even if nothing was terminated: a worker may not have submitted its job by then.
        start_timer(SECOND_SWEEP_SECONDS, partial(_workers.submit, _sweep_again, found, cause))


def _sweep_again(found: Iterable[UnfollowedJobs], cause: str) -> None:
    try:
        unfollowed = [still_unfollowed(jobs) for jobs in found]
    except Exception as error:
        report(f"{cause}, but whether tasks follow its AWS Batch jobs again could not be determined", error)
        return
    for jobs in unfollowed:
        if jobs is not None:
            _terminate(jobs, cause)


def _terminate(jobs: UnfollowedJobs, cause: str) -> None:
    try:
        jobs.terminate()
    except Exception as error:
        report(
            f"{cause}, but not all of its AWS Batch jobs could be terminated; some may still be running",
            error,
        )


def still_unfollowed(jobs: UnfollowedJobs) -> UnfollowedJobs | None:
    """
    Return the jobs that have been created by now, if no task follows them.

    Their run, or task, has ended, was removed or does not exist. It may have been cleared, restored or
    created again since it was swept.
    """
    if not jobs.tasks:
        state = run_state(jobs.dag_id, jobs.run_id)
        return replace(jobs, until=time.time()) if state is None or state in _ENDED_RUN else None
    states = task_states(jobs.dag_id, jobs.run_id)
    left = frozenset(task for task in jobs.tasks if task not in states or states[task] in _ENDED_TASK)
    return replace(jobs, tasks=left, until=time.time()) if left else None


def report(failure: str, error: Exception) -> None:
    """Log one line; these are errors of AWS or the database, whose tracebacks say nothing more."""
    log.error(
        "%s. 'airflow-batch sweep' finds the jobs that are left (%s: %s)",
        failure,
        type(error).__name__,
        str(error).partition("\n")[0],
    )
    log.debug("The traceback of this error", exc_info=error)
