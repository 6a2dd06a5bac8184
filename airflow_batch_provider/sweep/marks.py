"""
Terminate the jobs of tasks and runs that a user marks, and of tasks that the scheduler fails.

Airflow runs no more tasks or callbacks of a run that a user marks as failed or success. Only the listeners
in the API server are notified. Without them, the jobs of a task that has not started to wait would run to
completion although no task follows them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from airflow.listeners import hookimpl
from airflow.sdk import TaskInstanceState

from airflow_batch_provider.following import terminations
from airflow_batch_provider.sweep.database import task_states, tasks_of_run
from airflow_batch_provider.sweep.gathering import Mark, MarkedRun, MarkGatherer, start_timer
from airflow_batch_provider.sweep.jobs import JobSource, UnfollowedJobs, sources_of
from airflow_batch_provider.sweep.skipping import skipped_with
from airflow_batch_provider.sweep.sweeping import sweep_twice


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
    _add(Mark(dag_run.dag_id, dag_run.run_id, version_id=dag_run.created_dag_version_id))


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
        version_id = ti.dag_version_id
        _add(Mark(ti.dag_id, ti.run_id, ti.task_id, ti.map_index, is_skip, by_scheduler, version_id))


def _add(mark: Mark) -> None:
    from airflow_batch_provider.hooks.settings import terminates_marked_jobs

    if terminates_marked_jobs():
        _marks.add(mark)


def _sweep_marked(marked: MarkedRun) -> None:
    run = f"run '{marked.run_id}' of '{marked.dag_id}'"
    cause = f"A user marked {run} or some of its tasks"
    if marked.by_scheduler:
        cause = f"The scheduler failed tasks of {run}"
    sweep_twice(partial(unfollowed_jobs, marked), cause)


def unfollowed_jobs(marked: MarkedRun) -> list[UnfollowedJobs]:
    """Return the jobs of what was marked, by connection."""
    tasks = tasks_of_run(marked.dag_id, marked.run_id, marked.version_id)
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


def _reason(task_ids: Iterable[str], *, by_scheduler: bool = False) -> str:
    distinct = set(task_ids)
    if not distinct:
        return terminations.marked("the DAG run of this job as success or failed")
    task = f"task '{distinct.pop()}'" if len(distinct) == 1 else "the task of this job"
    if by_scheduler:
        return terminations.failed_by_scheduler(task)
    return terminations.marked(f"{task} as success, failed or skipped")


_marks: Final = MarkGatherer(_sweep_marked, start_timer)
