"""A job that AWS Batch refused when another task submitted it: its own task asks again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_batch_provider.errors import SubmissionRejectedError
from airflow_batch_provider.handover import adopted_job_id

if TYPE_CHECKING:
    from airflow_batch_provider.operators.job_submission import TaskJobSubmitter
    from airflow_batch_provider.operators.roles import FollowingTask


def adopt_unless_refused(task: FollowingTask, submitter: TaskJobSubmitter) -> str | None:
    """
    Return the ID of the job that another task submitted for this one; None if that task published a refusal.

    A refusal is as old as the submission, and its cause may have been removed since. The task then submits
    the job itself. The tasks of all jobs on which the job depends are upstream of this one and have
    succeeded, so that the job needs no dependencies.

    :raises SubmissionRejectedError: there is a refusal, and this task lacks what it needs to submit the job.
    """
    try:
        return adopted_job_id(task.adopt, task.job_key)
    except SubmissionRejectedError as refusal:
        if not submitter.can_submit:
            text = str(refusal).rstrip(".")
            raise SubmissionRejectedError(
                f"{text}. Remove the cause, then clear the task that submits the job and this one",
                "this task has no job_queue and job_definition with which it could submit the job itself",
            ) from None
        task.log.warning("%s. This task submits it now", refusal)
        return None
