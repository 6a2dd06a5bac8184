"""
Terminate the jobs of tasks and runs that a user marks, and of tasks that the scheduler fails.

Airflow runs no more tasks or callbacks of a run that a user marks as failed or success. Only the listeners
in the API server are notified. Without them, the jobs of a task that has not started to wait would run to
completion although no task follows them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any, Final

from airflow.listeners import hookimpl
from airflow.sdk import DagRunState, TaskInstanceState

from airflow_batch_provider.following import terminations
from airflow_batch_provider.sweep.database import dag_of_run, task_states
from airflow_batch_provider.sweep.gathering import Mark, MarkedRun, MarkGatherer, start_timer
from airflow_batch_provider.sweep.jobs import JobSource, UnfollowedJobs, sources_of
from airflow_batch_provider.sweep.skipping import skipped_with

log = logging.getLogger(__name__)

SECOND_SWEEP_SECONDS: Final = 20.0
"""When a marked run or task is swept again: a worker may have been submitting at the time of the mark,
and learns of it with its next heartbeat."""

_ENDED_RUN: Final = frozenset({DagRunState.FAILED, DagRunState.SUCCESS})
_ENDED_TASK: Final = frozenset(
    {TaskInstanceState.FAILED, TaskInstanceState.SUCCESS, TaskInstanceState.SKIPPED}
)

_workers: Final = ThreadPoolExecutor(max_workers=4, thread_name_prefix="batch-provider")
"""Makes the calls to AWS, so that the user who marks a run does not wait for them."""


@hookimpl
def on_dag_run_failed(dag_run: Any, msg: str) -> None:
    """Terminate the jobs of a run that was marked failed."""
    _run_was_marked(dag_run, msg)


@hookimpl
def on_dag_run_success(dag_run: Any, msg: str) -> None:
    """Terminate the jobs of a run that was marked success."""
    _run_was_marked(dag_run, msg)


@hookimpl
def on_task_instance_failed(previous_state: Any, task_instance: Any, error: Any) -> None:  # noqa: ARG001
    """Terminate the job of a task that was marked failed, or that the scheduler failed."""
    # The API server passes no previous state (core_api/services/public/task_instances.py), the scheduler does
    # (models/taskinstance.py).
    _task_was_marked(task_instance, by_scheduler=previous_state is not None)


@hookimpl
def on_task_instance_success(previous_state: Any, task_instance: Any) -> None:  # noqa: ARG001
    """Terminate the job of a task that was marked success."""
    _task_was_marked(task_instance)


@hookimpl
def on_task_instance_skipped(previous_state: Any, task_instance: Any) -> None:  # noqa: ARG001
    """Terminate the job of a task that was marked skipped, and of the tasks that are skipped with it."""
    _task_was_marked(task_instance, is_skip=True)


def _run_was_marked(dag_run: Any, msg: str) -> None:
    """Add a mark; for a run that ends without one, the scheduler calls the listener with another message."""
    # The scheduler passes a reason such as `task_failure`
    # (airflow/models/dagrun.py). The callbacks of `sweep.run_end` handle those runs.
    if msg and "manually set" not in msg:
        return
    _add(Mark(dag_run.dag_id, dag_run.run_id))


def _task_was_marked(task_instance: Any, *, is_skip: bool = False, by_scheduler: bool = False) -> None:
    """
    Add the mark of a task that did not end in its worker.

    A worker reports the end of its own task in the same way, but that task instance is no database row. This
    is also true in ``dag.test()``, which runs task code in a process that has the database. A scheduler
    reports a task whose worker was lost; if there is a next try, it continues with the job.
    """
    from sqlalchemy.orm import object_session

    try:
        session = object_session(task_instance)
    except Exception:  # not a database row
        return
    state = getattr(task_instance.state, "value", task_instance.state)
    if session is not None and state != TaskInstanceState.UP_FOR_RETRY:
        ti = task_instance
        _add(Mark(ti.dag_id, ti.run_id, ti.task_id, ti.map_index, is_skip, by_scheduler))


def _add(mark: Mark) -> None:
    from airflow_batch_provider.hooks.settings import terminates_marked_jobs

    if terminates_marked_jobs():
        _marks.add(mark)


def _sweep_later(marked: MarkedRun) -> None:
    _workers.submit(_sweep, marked)


def _sweep(marked: MarkedRun) -> None:
    try:
        found = unfollowed_jobs(marked)
    except Exception:
        log.exception(
            "A user marked run '%s' or some of its tasks, but its AWS Batch jobs could not be found",
            marked.run_id,
        )
        return
    for jobs in found:
        _terminate(jobs)
        # Even if the first sweep found nothing: the worker may not have submitted its job by then.
        start_timer(SECOND_SWEEP_SECONDS, partial(_workers.submit, _sweep_again, jobs))


def _sweep_again(jobs: UnfollowedJobs) -> None:
    try:
        unfollowed = still_unfollowed(jobs)
    except Exception:
        log.exception(
            "Could not determine whether run '%s' or its tasks have been cleared since they were marked",
            jobs.run_id,
        )
        return
    if unfollowed is not None:
        _terminate(unfollowed)


def _terminate(jobs: UnfollowedJobs) -> None:
    try:
        jobs.terminate()
    except Exception:
        log.exception(
            "A user marked run '%s' or some of its tasks, but not all of its AWS Batch jobs could be "
            "terminated; some may still be running",
            jobs.run_id,
        )


def unfollowed_jobs(marked: MarkedRun) -> list[UnfollowedJobs]:
    """Return the jobs of what was marked, by connection."""
    tasks = _dag_of(marked).tasks
    found = _jobs_of(marked, tasks)
    if marked.skipped and marked.tasks:  # without tasks, the whole run is swept
        states = task_states(marked.dag_id, marked.run_id)
        if others := skipped_with(marked.skipped, tasks, states) - marked.tasks:
            reason = terminations.upstream_marked_skipped()
            found += [replace(each, reason=reason) for each in _jobs_of(replace(marked, tasks=others), tasks)]
    return found


def _jobs_of(marked: MarkedRun, tasks: Sequence[Any]) -> list[UnfollowedJobs]:
    if marked.tasks:
        chosen = {task_id for task_id, _ in marked.tasks}
        tasks = [task for task in tasks if task.task_id in chosen]
    return [_jobs_of_source(marked, source) for source in sources_of(tasks)]


def _jobs_of_source(marked: MarkedRun, source: JobSource) -> UnfollowedJobs:
    tasks = frozenset(task for task in marked.tasks if task[0] in source.job_keys)
    reason = _reason([task_id for task_id, _ in tasks], by_scheduler=marked.by_scheduler)
    return UnfollowedJobs(source, marked.dag_id, marked.run_id, marked.until, reason, tasks)


def still_unfollowed(jobs: UnfollowedJobs) -> UnfollowedJobs | None:
    """Return the jobs whose run, or task, is still in an end state: it was not cleared since."""
    if not jobs.tasks:
        has_ended = _run_has_ended(jobs.dag_id, jobs.run_id)
        return replace(jobs, until=time.time()) if has_ended else None
    left = jobs.tasks & _ended_tasks(jobs.dag_id, jobs.run_id)
    return replace(jobs, tasks=left, until=time.time()) if left else None


def _reason(task_ids: Iterable[str], *, by_scheduler: bool = False) -> str:
    distinct = set(task_ids)
    if not distinct:
        return terminations.marked("the DAG run of this job as success or failed")
    task = f"task '{distinct.pop()}'" if len(distinct) == 1 else "the task of this job"
    if by_scheduler:
        return terminations.failed_by_scheduler(task)
    return terminations.marked(f"{task} as success, failed or skipped")


def _dag_of(marked: MarkedRun) -> Any:
    return dag_of_run(marked.dag_id, marked.run_id)


def _run_has_ended(dag_id: str, run_id: str) -> bool:
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    state_of = select(DagRun.state).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id)
    with create_session() as session:
        return session.scalar(state_of) in _ENDED_RUN


def _ended_tasks(dag_id: str, run_id: str) -> set[tuple[str, int]]:
    """Return task IDs and map indexes."""
    return {task for task, state in task_states(dag_id, run_id).items() if state in _ENDED_TASK}


_marks: Final = MarkGatherer(_sweep_later, start_timer)
