"""
Find out, in a ``submit`` task, whether Airflow skips the task that follows the submitted job.

A skipped task terminates the existing jobs that depend on its job (``dependent_jobs``). With ``per_job``,
such a job may be submitted shortly afterwards. The job's ``submit`` task therefore checks as well.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from airflow.sdk import TaskInstanceState

from airflow_batch_provider.batch.job import JobStatus
from airflow_batch_provider.following.terminations import upstream_skipped
from airflow_batch_provider.operators.dependencies import dependencies_of
from airflow_batch_provider.operators.follower_states import task_states

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_batch_provider.operators.submit_job import BatchSubmitJobOperator

_READS_MAX: Final = 60
_SECONDS_BETWEEN_READS: Final = 0.5


def skipped_upstream(task: BatchSubmitJobOperator, context: Context) -> str | None:
    """Return the ID of an upstream task that ``exit_codes`` has skipped; None if there is none."""
    return _skipped(task_states(context, task.upstream_that_may_skip))


def terminate_if_upstream_is_skipped(task: BatchSubmitJobOperator, context: Context, job_id: str) -> None:
    """Terminate the job that this task has just submitted if Airflow skips the task that follows the job."""
    try:
        if (task_id := _settled_skip(task, context)) is not None:
            task.log.info(
                "Terminating job %s: its task is skipped, because '%s' was skipped", job_id, task_id
            )
            task.hook.batch.terminate([job_id], upstream_skipped(task_id))
    except Exception:  # must not fail the task, whose job is submitted; the end of the run terminates it
        task.log.warning("Could not determine whether the task of job %s is skipped", job_id, exc_info=True)


def _settled_skip(task: BatchSubmitJobOperator, context: Context) -> str | None:
    """
    Return the upstream task that is skipped; None if there is none.

    If an upstream task is still running although its job has failed, it may already have searched for
    dependent jobs and be about to be skipped: wait for it, at most 30 seconds. Any other task searches
    later, and then finds the new job. A job that is missed is terminated at the end of the run.
    """
    for _ in range(_READS_MAX):
        states = task_states(context, task.upstream_that_may_skip)
        skipped = _skipped(states)
        if skipped is not None or TaskInstanceState.RUNNING not in states.values():
            return skipped
        if not _has_failed_dependency(task):
            return None
        time.sleep(_SECONDS_BETWEEN_READS)
    return None


def _skipped(states: dict[str, str | None]) -> str | None:
    return next((task_id for task_id, state in states.items() if state == TaskInstanceState.SKIPPED), None)


def _has_failed_dependency(task: BatchSubmitJobOperator) -> bool:
    dependencies = dependencies_of(task.depends_on, task.job_key)
    job_ids = [each.job_id for each in dependencies if each.job_id is not None]
    jobs = task.hook.batch.describe(job_ids).values()
    return any(job.status is JobStatus.FAILED for job in jobs)
