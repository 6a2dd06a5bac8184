"""
What becomes of the jobs that depend on a task's job inside AWS Batch when the task fails or is skipped.

Airflow does not run the tasks of these jobs, so that this task speaks for them. A plain job fails in AWS
Batch with the job that it depends on. An ``N_TO_N`` array runs the children whose counterparts succeeded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from airflow.sdk import TaskInstanceState

from airflow_batch_provider.following.identity import SubmittedBy
from airflow_batch_provider.following.tags import MAP_INDEX_TAG, TASK_TAG
from airflow_batch_provider.following.terminations import upstream_skipped
from airflow_batch_provider.operators.xcoms import publish_for
from airflow_batch_provider.spec.models import WAIT_TASK
from airflow_batch_provider.task_end import has_run, unfollowed_xcoms

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_batch_provider.batch.job import JobDescription
    from airflow_batch_provider.operators.roles import FollowingTask

_NOT_RUN: Final = frozenset({None, TaskInstanceState.UPSTREAM_FAILED, TaskInstanceState.SKIPPED})
"""The states of a task that has not run and will not run, because of a task upstream of it."""


@dataclass(frozen=True, slots=True)
class DependentJob:
    """
    A job that depends on another one inside AWS Batch, directly or through other jobs.

    :param task_id: the task that would follow the job; None if the job has no tags that tell it.
    """

    job: JobDescription
    task_id: str | None
    map_index: int


def terminate_dependent_jobs(task: FollowingTask, context: Context, job_ids: Sequence[str]) -> None:
    """
    Terminate the live jobs that depend on a skipped task's job: Airflow skips their tasks too.

    AWS Batch orders only jobs whose tasks have the trigger rule ``all_success``.
    """
    try:
        found = find_dependent_jobs(task, context, job_ids)
        live = [each for each in found if not each.job.status.is_final]
        for each in live:
            task.log.info(
                "Terminating job %s '%s': it depends on the job of this task, which is skipped",
                each.job.job_id,
                each.job.job_name,
            )
        task.hook.batch.terminate([each.job.job_id for each in live], upstream_skipped(task.task_id))
    except Exception:  # must not turn the skip into a failure; the end of the run terminates the jobs
        task.log.warning("Could not terminate all jobs that depend on the job of this task", exc_info=True)


def tell_about_dependent_jobs(task: FollowingTask, context: Context, job_ids: Sequence[str]) -> None:
    """
    Log how far the jobs are that depend on a failed task's job, and publish that as XComs of their tasks.

    Only jobs that have run at least in part are shown.
    """
    try:
        for each in find_dependent_jobs(task, context, job_ids):
            if has_run(task.hook.batch, each.job):
                _tell(task, context, each)
    except Exception:  # must not hide why the task failed
        task.log.warning("Could not show the jobs that depend on the job of this task", exc_info=True)


def _tell(task: FollowingTask, context: Context, each: DependentJob) -> None:
    job, reference = each.job, task.hook.console_reference(each.job)
    whose = f"Task '{each.task_id}'" if each.task_id is not None else "Its task"
    rest = "" if job.status.is_final else " It keeps running until the DAG run ends, which terminates it."
    task.log.warning(
        "%s does not run because this task failed, but its job has run in part. %s.%s See %s",
        whose,
        job,
        rest,
        reference.job_url,
    )
    if each.task_id is not None:
        xcoms = unfollowed_xcoms(task.hook, job, each.task_id)
        publish_for(each.task_id, each.map_index, context, xcoms)


def find_dependent_jobs(task: FollowingTask, context: Context, job_ids: Sequence[str]) -> list[DependentJob]:
    """Return the jobs of this run that depend on the task's jobs, without those that a task follows."""
    if not task.has_dependent_jobs:  # many tasks may fail at once: make no calls for nothing
        return []
    jobs = _jobs_behind(task, context, job_ids)
    task_ids = [task_id for job in jobs for task_id in _possible_tasks(job)]
    states = _task_states(context, task_ids)
    found = []
    for job in jobs:
        map_index = int(job.tags.get(MAP_INDEX_TAG, -1))
        suffix = f"_{map_index}" if map_index >= 0 else ""
        task_id = next((each for each in _possible_tasks(job) if f"{each}{suffix}" in states), None)
        if task_id is None and TASK_TAG not in job.tags:
            found.append(DependentJob(job, None, map_index))
        elif task_id is not None and states[f"{task_id}{suffix}"] in _NOT_RUN:
            found.append(DependentJob(job, task_id, map_index))
    return found


def _jobs_behind(task: FollowingTask, context: Context, job_ids: Sequence[str]) -> list[JobDescription]:
    """Follow ``dependsOn`` through the jobs of this run."""
    batch, identity = task.hook.batch, task.current_try(context).identity(task.job_key, SubmittedBy.JOB)
    own_queue = task.request.get("jobQueue")
    queues = dict.fromkeys([*([own_queue] if own_queue else []), *(task.dependent_queues or ())])
    listed = [job for queue in queues for job in batch.list_jobs_by_name(queue, f"{identity.run_prefix}*")]
    # The first submission's job may have been replaced since; other jobs still depend on that one.
    own = {*job_ids, *(job.job_id for job in listed if job.job_name.startswith(identity.job_prefix))}
    described = batch.describe([job.job_id for job in listed if job.job_id not in own])
    behind: dict[str, JobDescription] = {}
    grows = True
    while grows:
        more = {
            job_id: job
            for job_id, job in described.items()
            if job_id not in behind and any(other in own or other in behind for other in _dependencies(job))
        }
        behind.update(more)
        grows = bool(more)
    return list(behind.values())


def _dependencies(job: JobDescription) -> list[str]:
    """Return the jobs on which a job depends; for a child of an array, the array."""
    return [job_id.partition(":")[0] for job_id in job.depends_on]


def _possible_tasks(job: JobDescription) -> list[str]:
    """Return the IDs of the tasks that can follow a job: one for each submission mode."""
    task_id = job.tags.get(TASK_TAG)
    return [f"{task_id}.{WAIT_TASK}", task_id] if task_id is not None else []


def _task_states(context: Context, task_ids: Sequence[str]) -> Mapping[str, str | None]:
    """Return the states of tasks of this run by ID, with the map index of a mapped task."""
    if not task_ids:
        return {}
    ti = context["ti"]
    states = ti.get_task_states(dag_id=ti.dag_id, task_ids=list(dict.fromkeys(task_ids)), run_ids=[ti.run_id])
    of_run: Mapping[str, str | None] = states.get(ti.run_id, {})
    return of_run
