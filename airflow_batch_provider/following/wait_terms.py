"""When a task stops waiting for a job that has not ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from airflow_batch_provider.batch.job import JobDescription, JobStatus
from airflow_batch_provider.errors import JobBlockedError, WaitAbandonedError
from airflow_batch_provider.stored_values import known_members

MISCONFIGURATION: Final = "MISCONFIGURATION:"
"""
The beginning of the statusReason of a RUNNABLE job that no compute environment of its queue can run.

https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable.html
"""


@dataclass(frozen=True, slots=True)
class WaitTerms:
    """
    The conditions that end a wait although the job has not ended.

    All times are absolute, in seconds since the epoch, so that a wait that continues in another
    process keeps its terms.

    :param since: when the task began to wait.
    :param deadline: when the task stops waiting.
    :param runnable_seconds: how long a job may stay RUNNABLE. It counts from ``since``, the job's
        creation or the end of its last attempt, whichever is latest; an array counts until its first
        child starts.
    :param allows_misconfiguration: whether to wait for a job whose statusReason is ``MISCONFIGURATION:…``.
    :param refused_seconds: how long AWS may refuse the connection's credentials; None for the default.
    """

    since: float
    deadline: float | None = None
    runnable_seconds: float | None = None
    allows_misconfiguration: bool = False
    refused_seconds: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        members = asdict(self)
        if self.refused_seconds is None:  # version 0.1.0 before this setting rejects its name
            del members["refused_seconds"]
        return members

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> WaitTerms:
        """Read what ``to_json`` of this or another version wrote."""
        return cls(**{"since": 0, **known_members(value, cls)})

    def stop_reason(self, job: JobDescription, now: float) -> WaitAbandonedError | None:
        """Return the reason to stop waiting for a job; None to keep waiting."""
        if not _is_runnable(job):
            return None
        reason = job.status_reason or ""
        if reason.startswith(MISCONFIGURATION) and not self.allows_misconfiguration:
            return JobBlockedError(
                f"job {job.job_id} cannot start: {reason.rstrip('.')}. Change the resources that the job "
                "requests, or the compute environments of its job queue. To keep waiting, set "
                "fail_when_misconfigured to false"
            )
        if self.runnable_seconds is None or now - self._runnable_since(job) < self.runnable_seconds:
            return None
        because = f" ({reason})" if reason else ""
        return WaitAbandonedError(
            f"job {job.job_id} was RUNNABLE for longer than runnable_timeout ({self.runnable_seconds:g} "
            f"s){because}. "
            "Check the compute environments of its job queue, or increase runnable_timeout"
        )

    def overdue(self) -> WaitAbandonedError:
        """Return the error for a deadline that has passed."""
        deadline = datetime.fromtimestamp(self.deadline or 0, UTC).isoformat(timespec="seconds")
        return WaitAbandonedError(
            f"the task's execution_timeout expired at {deadline}. "
            "Increase execution_timeout, or make the job faster"
        )

    def _runnable_since(self, job: JobDescription) -> float:
        # A failed attempt puts the job back to RUNNABLE, and the limit
        # applies to each time in the queue. AWS's times are in milliseconds.
        times = (job.created_at, job.last_attempt_stopped_at)
        return max(self.since, *(time / 1000 for time in times if time is not None))


def _is_runnable(job: JobDescription) -> bool:
    if job.array is None:
        return job.status is JobStatus.RUNNABLE
    # An array job itself is never RUNNABLE. It is PENDING until its last child has ended, so only the counts
    # of its children tell: https://docs.aws.amazon.com/batch/latest/userguide/array_jobs.html
    counts = job.array.by_status
    has_started = any(
        counts.get(status, 0)
        for status in (JobStatus.STARTING, JobStatus.RUNNING, JobStatus.SUCCEEDED, JobStatus.FAILED)
    )
    return bool(counts.get(JobStatus.RUNNABLE, 0)) and not has_started
