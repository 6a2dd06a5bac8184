"""
What an edit of a workflow does to jobs of a run that is in progress.

A job that was published before the edit does not wait for jobs that have been added since. Its
task, which Airflow runs after the added ones, submits it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_batch_provider.following.tags import WAITS_FOR_TAG, waits_for_value
from airflow_batch_provider.following.terminations import edited
from airflow_batch_provider.handover import RETURN_VALUE_XCOM, PublishedJob
from airflow_batch_provider.operators.dependent_jobs import find_dependent_jobs
from airflow_batch_provider.operators.xcoms import publish_for
from airflow_batch_provider.spec.models import SUBMIT_TASK

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_batch_provider.batch.job import JobDescription
    from airflow_batch_provider.operators.roles import FollowingTask


def is_from_before_an_edit(task: FollowingTask, root: JobDescription | None) -> bool:
    """Whether the published job waits for other jobs than the workflow says now."""
    if root is None or task.waits_for is None:
        return False
    # A job without the tag was submitted without tags, or by an earlier version of the provider.
    return root.tags.get(WAITS_FOR_TAG) not in (None, waits_for_value(task.waits_for))


def withdraw_dependent_jobs(task: FollowingTask, context: Context, root: JobDescription) -> None:
    """
    Terminate the jobs that depend on an obsolete job, and withdraw their publication.

    Some may have succeeded with what the obsolete job has written. Each of their tasks finds no
    published job when it runs, and submits its job.
    """
    for each in find_dependent_jobs(task, context, [root.job_id]):
        job, publisher = each.job, _publisher_of(task, each.task_id)
        if not job.status.is_final:
            task.log.info("Terminating job %s '%s', which this edit makes obsolete", job.job_id, job.job_name)
            task.hook.batch.terminate([job.job_id], edited(task.task_id))
        if publisher is not None:
            publish_for(publisher.task_id, each.map_index, context, {publisher.key: None})


def _publisher_of(task: FollowingTask, task_id: str | None) -> PublishedJob | None:
    """Return where the job of another task of this workflow is published."""
    mine = task.publisher
    if mine is None or task_id is None:
        return None
    if mine.key == RETURN_VALUE_XCOM:
        group = task_id.rpartition(".")[0]
        return PublishedJob(f"{group}.{SUBMIT_TASK}", mine.key)
    prefix = task.job_key.removesuffix(task.plan_key)
    return PublishedJob(mine.task_id, mine.key.removesuffix(task.plan_key) + task_id.removeprefix(prefix))
