"""Find the jobs of a task's tries in AWS Batch and in Airflow's state, and choose or submit one to follow."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from airflow_batch_provider import limits
from airflow_batch_provider.batch.naming import matches_job_name
from airflow_batch_provider.following.decisions import TaskJobs, choose_job_to_follow, predecessor
from airflow_batch_provider.following.identity import SubmittedBy
from airflow_batch_provider.following.terminations import (
    is_dependency_failure,
    restarted,
    superseded,
    was_held,
)
from airflow_batch_provider.handover import FollowedJob, has_followed_job_store, load_followed_job
from airflow_batch_provider.operators.array_retry import partial_retry, seen_as_held_back
from airflow_batch_provider.operators.edits import is_from_before_an_edit, withdraw_dependent_jobs
from airflow_batch_provider.operators.job_submission import TaskJobSubmitter

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_batch_provider.batch.job import JobDescription
    from airflow_batch_provider.following.identity import JobIdentity
    from airflow_batch_provider.operators.roles import FollowingTask
    from airflow_batch_provider.operators.task_try import TaskTry


def find_or_submit_job(
    task: FollowingTask, context: Context, submitter: TaskJobSubmitter, root: str | None
) -> str:
    """
    Return the ID of the job to follow; terminate the task's other live jobs, and submit a job if it has none.

    :param root: the job that another task published for this one.
    """
    # Without a queue, the task can neither search for other jobs nor submit one.
    if root is not None and not submitter.can_submit:
        return root
    current, batch = task.current_try(context), task.hook.batch
    if root is None and current.is_new_work:
        return _submit_first_job(task, submitter)
    try:
        found = find_task_jobs(task, context, submitter, root)
    except Exception as error:
        from airflow_batch_provider.batch.api_errors import describe, handling_of

        # The job runs, and on the first try no other job is likely: the wait tolerates these errors.
        if root is None or not current.is_new_work or not handling_of(error).keeps_waiting:
            raise
        task.log.warning("Following job %s without looking for other jobs: %s", root, describe(error))
        return root
    if root is not None and found.root is None and current.is_new_work:
        return root  # it was submitted seconds ago: DescribeJobs may not show it yet
    decision = choose_job_to_follow(found)
    if decision.terminate:
        task.log.info("Terminating jobs of earlier tries: %s", ", ".join(decision.terminate))
        batch.terminate(decision.terminate, restarted(task.task_id, is_first_try=current.is_new_work))
    if decision.follow is not None:
        return decision.follow
    if found.root is not None and is_from_before_an_edit(task, found.root):
        withdraw_dependent_jobs(task, context, found.root)
    known = [job.job_id for job in (*found.own, *found.others)]
    return submitter.submit(known, partial_retry(batch, task.array_retry, predecessor(found)))


def _submit_first_job(task: FollowingTask, submitter: TaskJobSubmitter) -> str:
    """
    Submit the job of a task that has had no try yet, and terminate any other live job of this task.

    Another task has submitted one if the DAG changed while the run was in progress, for example because
    the job got a pool.
    """
    found = submitter.find_jobs()
    live = [job.job_id for job in found if job.is_live]
    if live:
        task.log.info("Terminating jobs that another task submitted for this one: %s", ", ".join(live))
        task.hook.batch.terminate(live, superseded(task.task_id))
    return submitter.submit([job.job_id for job in found])


def find_task_jobs(
    task: FollowingTask, context: Context, submitter: TaskJobSubmitter, root: str | None
) -> TaskJobs:
    """
    Return every job that the task could follow.

    :param root: the job that another task published for this one.
    """
    current, batch = task.current_try(context), task.hook.batch
    summaries, recorded = [], None
    if not current.is_new_work:
        # Leave room for the root and the recorded job, so that one DescribeJobs call is enough.
        summaries = submitter.find_jobs()[: limits.DESCRIBE_JOBS_MAX - 2]
        recorded = _recorded_job(task, context, current, root)
    known = [root, recorded.job_id if recorded else None, *(job.job_id for job in summaries)]
    ids = list(dict.fromkeys(job_id for job_id in known if job_id))
    described = batch.describe(ids)
    if recorded is None and not current.is_new_work and root in described:
        recorded = _followed_before_clear(context, current, described[root])
    jobs = [described[job_id] for job_id in ids if job_id in described and job_id != root]
    root_job = described.get(root or "")
    own = [job for job in jobs if _is_of_this_epoch(job, submitter.identity, recorded)]
    return TaskJobs(
        epoch=current.epoch,
        try_number=current.number,
        is_first_try=current.is_first_since_clear,
        root=seen_as_held_back(batch, root_job),
        recorded=recorded,
        own=sorted(own, key=lambda job: job.created_at or 0, reverse=True),
        others=[job for job in jobs if job not in own],
        is_root_stale=recorded is None
        and (is_from_before_an_edit(task, root_job) or _is_stale(task, context, root_job)),
    )


def resubmit_held_back_job(task: FollowingTask, context: Context, job: JobDescription) -> str | None:
    """
    Submit a job again that a user held before it started.

    Do the same for an adopted job if it, or its failed children, failed only because of their dependencies:
    the task runs after its upstream tasks have succeeded, so that the upstream failure was repaired while
    this job was waiting, or this array's other children were still running.

    :returns: the new job's ID; None if the job's end counts.
    """
    submitter = TaskJobSubmitter(task, task.current_try(context), SubmittedBy.JOB)
    # The task submits its own job after its upstream tasks have
    # succeeded, so that no dependency can have held that job back.
    is_adopted = task.adopts and job.job_id == task.adopt
    if job.has_succeeded or not submitter.can_submit:
        return None

    # Not what the provider terminated: this task is following the job, so that a user has marked the task.
    def can_repeat(status_reason: str | None) -> bool:
        return was_held(status_reason) or (is_adopted and is_dependency_failure(status_reason))

    if not _failed_only_with(task, job, can_repeat):
        return None
    what = "Job" if job.array is None else "Children of job"
    task.log.info(
        "%s %s was held, or failed only because of a dependency; submitting it again", what, job.job_id
    )
    known = [known.job_id for known in submitter.find_jobs()]
    return submitter.submit(known, partial_retry(task.hook.batch, task.array_retry, job))


def _failed_only_with(
    task: FollowingTask, job: JobDescription, matches: Callable[[str | None], bool]
) -> bool:
    """Whether the reason of a failed job, or the reasons of all failed children of an array, match."""
    seen = seen_as_held_back(task.hook.batch, job, matches)
    return matches(job.status_reason) or (seen is not None and seen.status_reason != job.status_reason)


def _recorded_job(
    task: FollowingTask, context: Context, current: TaskTry, root: str | None
) -> FollowedJob | None:
    """Return the job that the task followed last: a worker has stored it, or a trigger has published it."""
    recorded, start = load_followed_job(context), task.start
    if root is None or start is None or (recorded is not None and recorded.root == root):
        return recorded
    if not start.has_followed(context, root):
        return recorded
    # The XCom holds neither epoch nor try. With this epoch and any
    # earlier try, `was_cleared` depends on `is_first_try` alone.
    return FollowedJob(root, root, epoch=current.epoch, try_number=max(current.number - 1, 1))


def _is_stale(task: FollowingTask, context: Any, root: JobDescription | None) -> bool:
    """
    Whether a published job succeeded before a job that it depends on was submitted again.

    This happens if tasks of a finished run are cleared: a job can have succeeded although its task was
    skipped or did not run, because the task upstream of it was marked.
    """
    started = getattr(context.get("dag_run"), "start_date", None)
    if root is None or started is None or not root.has_succeeded:
        return False
    # Clearing tasks of a finished run restarts the run. This saves the calls in all other cases.
    created = root.created_at or 0
    if created / 1000 >= started.timestamp():
        return False
    batch = task.hook.batch
    return any(
        job.created_at > created
        for upstream in batch.describe([job_id.partition(":")[0] for job_id in root.depends_on]).values()
        for job in batch.list_jobs_by_name(upstream.job_queue, f"{_job_prefix(upstream)}*")
    )


def _job_prefix(job: JobDescription) -> str:
    """Return the common prefix of the names of all jobs of the same task."""
    return (job.identity or job.job_name).rpartition("-")[0] + "-"


def _followed_before_clear(context: Any, current: TaskTry, root: JobDescription) -> FollowedJob | None:
    """
    Treat a published job as followed where Airflow has no task state store (before 3.3).

    This holds if the task was cleared and the job is older than its run: clearing a task of a finished
    run restarts the run.
    """
    started = getattr(context.get("dag_run"), "start_date", None)
    if has_followed_job_store(context) or started is None or current.epoch <= current.retries:
        return None
    if (root.created_at or 0) / 1000 >= started.timestamp():
        return None
    # Any epoch but the current one states that the job was followed before the clear.
    return FollowedJob(root.job_id, root.job_id, epoch=current.epoch - 1)


def _is_of_this_epoch(job: JobDescription, identity: JobIdentity, recorded: FollowedJob | None) -> bool:
    if recorded is not None and recorded.job_id == job.job_id:
        return recorded.epoch == identity.epoch
    return matches_job_name(job.job_name, identity.job_name) or job.identity == identity.job_name
