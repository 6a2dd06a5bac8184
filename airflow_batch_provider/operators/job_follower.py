"""Follow one job for one try of its task, until both have ended."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from airflow.providers.common.compat.sdk import AirflowSkipException

from airflow_batch_provider.errors import JobFailedError, WaitAbandonedError
from airflow_batch_provider.following.terminations import process_stopped
from airflow_batch_provider.following.wait_terms import WaitTerms
from airflow_batch_provider.handover import (
    JOB_ID_XCOM,
    FollowedJob,
    load_followed_job,
    save_followed_job,
)
from airflow_batch_provider.hooks.job_logger import JobLogger
from airflow_batch_provider.hooks.settings import poll_interval_seconds
from airflow_batch_provider.operators.dependent_jobs import (
    tell_about_dependent_jobs,
    terminate_dependent_jobs,
)
from airflow_batch_provider.operators.xcoms import publish_links

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_batch_provider.batch.job import JobDescription
    from airflow_batch_provider.operators.roles import FollowingTask
    from airflow_batch_provider.operators.task_try import TaskTry

_REASON_LENGTH_MAX: Final = 256
"""Characters of the reason of TerminateJob; AWS's console shows a reason of this length whole."""


class JobFollower:
    """
    Follows a job for one try of a task.

    :param task: the operator; its settings say how long to wait and what to show.
    """

    def __init__(self, task: FollowingTask, context: Context, current: TaskTry) -> None:
        self._task = task
        self._context = context
        self._current = current
        self._followed: FollowedJob | None = None

    def start(self, root: str | None, job_id: str, *, is_resubmitted: bool = False) -> JobDescription | None:
        """
        Record and publish that the task follows this job; return the job's description.

        :param root: the job that another task published for this one.
        :param is_resubmitted: whether it replaces a job that ended during this try before it had started.
        :returns: None while DescribeJobs does not show the job yet, or AWS cannot be asked.
        """
        # The other job may have waited for long, for example while its DAG was paused.
        since = time.time() if is_resubmitted else self._try_began_at()
        self._followed = FollowedJob(root, job_id, self._current.epoch, self._current.number, since)
        # `on_kill` runs in a signal handler. From here on it finds the job
        # in `_followed`; if it ran before, this check terminates the job.
        self._task.stop_if_killed()
        # Save before the wait: if the worker dies, the next try finds the job through this record.
        save_followed_job(self._context, self._followed)
        self._context["ti"].xcom_push(key=JOB_ID_XCOM, value=job_id)
        job = self._describe(job_id)
        if job is not None and job.status.is_final:
            JobLogger(self._task.log, self._task.hook.metrics)(job)
        elif job is not None:
            publish_links(self._task, self._context, self._task.hook.console_reference(job))
        return job

    @property
    def terms(self) -> WaitTerms:
        """How long the task waits for the job that it follows."""
        began_at = self._followed.since if self._followed is not None else time.time()
        allowed, runnable = self._task.execution_timeout, self._task.runnable_timeout
        refused = self._task.refused_timeout
        return WaitTerms(
            since=began_at,
            deadline=began_at + allowed.total_seconds() if allowed else None,
            runnable_seconds=runnable.total_seconds() if runnable else None,
            allows_misconfiguration=not self._task.fail_when_misconfigured,
            refused_seconds=refused.total_seconds() if refused is not None else None,
        )

    def wait(self, job_id: str) -> JobDescription:
        """
        Wait in this process until the job has ended.

        :raises WaitAbandonedError: the terms ended the wait; the job is terminated.
        """
        with self.terminating([job_id]):
            interval = poll_interval_seconds(self._task.poll_interval_seconds)
            (job,) = self._task.hook.wait([job_id], interval, self.terms)
        return job

    @contextmanager
    def terminating(self, job_ids: Sequence[str]) -> Iterator[None]:
        """Terminate jobs for which the task stops waiting."""
        task = self._task
        try:
            yield
        except WaitAbandonedError as error:
            reason = f"Task '{task.task_id}' stopped waiting: {error}"[:_REASON_LENGTH_MAX]
            task.hook.batch.terminate(job_ids, reason)
            task.end_policy.show_terminated(task, self._context, job_ids, publishes=True)
            if self._current.is_last or not error.retryable:
                tell_about_dependent_jobs(task, self._context, job_ids)
            raise type(error)(f"job '{task.job_key}' was terminated: {error}") from None

    def conclude(self, job: JobDescription) -> None:
        """Show the job's end and let the task succeed or fail with it."""
        task = self._task
        report = task.end_policy.show(task, self._context, job)
        try:
            task.end_policy.conclude(task, self._context, report)
        except AirflowSkipException:
            terminate_dependent_jobs(task, self._context, [job.job_id])
            raise
        except JobFailedError as error:
            if self._current.is_last or not error.retryable:
                tell_about_dependent_jobs(task, self._context, [job.job_id])
            raise
        task.log.info("Job %s '%s' ended with status %s", job.job_id, job.job_name, job.status)
        # After `conclude`, which raises if the task fails or is skipped.
        followed = load_followed_job(self._context)
        if followed is not None and followed.job_id == job.job_id:
            save_followed_job(self._context, replace(followed, has_succeeded=True))

    def kill(self) -> None:
        """Terminate the job that the task follows, if it follows one already."""
        if self._followed is None:
            return
        task, job_id = self._task, self._followed.job_id
        task.log.info("The task was killed: terminating job %s", job_id)
        task.hook.batch.terminate([job_id], process_stopped(task.task_id))
        task.end_policy.show_terminated(task, self._context, [job_id], publishes=False)

    def _describe(self, job_id: str) -> JobDescription | None:
        try:
            return self._task.hook.batch.describe([job_id]).get(job_id)
        except Exception as error:
            from airflow_batch_provider.batch.api_errors import describe, handling_of

            # The wait that follows tolerates these errors, and the job runs all the same.
            if not handling_of(error).keeps_waiting:
                raise
            self._task.log.warning("Could not describe job %s yet: %s", job_id, describe(error))
            return None

    def _try_began_at(self) -> float:
        """Return when this try began; it may have been resumed by an event of an earlier one."""
        recorded = None if self._current.is_new_work else load_followed_job(self._context)
        if recorded is not None and recorded.try_number == self._current.number:
            return recorded.since
        return time.time()
