"""What a job's task finds when it starts: jobs of this and of earlier tries, and what it followed last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_batch_provider import limits
from airflow_batch_provider.batch.naming import matches_job_name
from airflow_batch_provider.following.decisions import FollowedJob, TaskJobs
from airflow_batch_provider.operators.array_retry import seen_as_held_back
from airflow_batch_provider.operators.followed_job_store import keeps_record, recorded_job

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_batch_provider.batch.job import JobDescription
    from airflow_batch_provider.following.identity import JobIdentity
    from airflow_batch_provider.operators.submit_job import BatchSubmitJobOperator


def find_task_jobs(
    task: BatchSubmitJobOperator, context: Context, identity: JobIdentity, root: str | None
) -> TaskJobs:
    """
    Look at everything that the task could follow, in AWS Batch and on record.

    :param root: the job that was published for the task.
    """
    is_new_work, batch = task.is_new_work(context), task.hook.batch
    summaries = [] if is_new_work else task.jobs_of(identity)[: limits.DESCRIBE_JOBS_MAX - 2]
    recorded = None if is_new_work else _recorded(task, context, root)
    known = [root, recorded.job_id if recorded else None, *(job.job_id for job in summaries)]
    ids = list(dict.fromkeys(job_id for job_id in known if job_id))
    described = batch.describe(ids)
    if recorded is None and not is_new_work and root in described:
        recorded = _followed_before_a_clear(task, context, described[root])
    jobs = [described[job_id] for job_id in ids if job_id in described and job_id != root]
    own = [job for job in jobs if _is_of_this_epoch(job, identity, recorded)]
    return TaskJobs(
        epoch=context["ti"].max_tries,
        try_number=context["ti"].try_number,
        is_first_try=task.is_first_try(context),
        root=seen_as_held_back(batch, described.get(root)) if root else None,
        recorded=recorded,
        own=sorted(own, key=lambda job: job.created_at or 0, reverse=True),
        others=[job for job in jobs if job not in own],
    )


def _recorded(task: BatchSubmitJobOperator, context: Context, root: str | None) -> FollowedJob | None:
    """Read what the task followed last: a worker has recorded it, or a trigger has published it."""
    recorded, start = recorded_job(context), task.start
    if root is None or start is None or (recorded is not None and recorded.root == root):
        return recorded
    if not start.has_followed(context, root):
        return recorded
    ti = context["ti"]
    return FollowedJob(root, root, epoch=ti.max_tries, try_number=max(ti.try_number - 1, 1))


def _followed_before_a_clear(
    task: BatchSubmitJobOperator, context: Context, root: JobDescription
) -> FollowedJob | None:
    """
    Take a published job for one that the task has followed, where Airflow keeps no record (before 3.3).

    The task was cleared then, and the job is older than its run: a clear starts a run anew that had ended.
    """
    ti, run = context["ti"], context.get("dag_run")
    started = getattr(run, "start_date", None)
    if keeps_record(context) or started is None or ti.max_tries <= (task.retries or 0):
        return None
    if (root.created_at or 0) / 1000 >= started.timestamp():
        return None
    return FollowedJob(root.job_id, root.job_id, epoch=ti.max_tries - 1)


def _is_of_this_epoch(job: JobDescription, identity: JobIdentity, recorded: FollowedJob | None) -> bool:
    if recorded is not None and recorded.job_id == job.job_id:
        return recorded.epoch == identity.epoch
    return matches_job_name(job.job_name, identity.job_name) or job.identity == identity.job_name
