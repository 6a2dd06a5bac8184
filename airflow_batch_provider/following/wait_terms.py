"""On which terms a task waits for its jobs: until when, and what it does not put up with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from airflow_batch_provider.batch.job import JobDescription, JobStatus
from airflow_batch_provider.errors import JobBlockedError, WaitAbandonedError

MISCONFIGURATION: Final = "MISCONFIGURATION:"
"""What the statusReason of a RUNNABLE job begins with that no compute environment of its queue can run,
https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable.html."""


@dataclass(frozen=True, slots=True)
class WaitTerms:
    """
    When a wait is given up although the job has not ended.

    All times are absolute, in seconds since the epoch, so that a wait that goes on in another
    process goes on under the same terms.

    :param since: when the task began to wait.
    :param deadline: when it stops waiting.
    :param runnable_seconds: how long a job may stay RUNNABLE, that is ready to run and without a
        place. It counts from ``since``, from the job's creation or from the end of its last
        attempt, whichever came last; an array counts as long as no child of it has started.
    :param allows_misconfiguration: wait also for a job whose statusReason says ``MISCONFIGURATION``.
    """

    since: float
    deadline: float | None = None
    runnable_seconds: float | None = None
    allows_misconfiguration: bool = False

    def to_json(self) -> dict[str, Any]:
        """Write plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> WaitTerms:
        """Read what ``to_json`` wrote."""
        return cls(**value)

    def stop_reason(self, job: JobDescription, now: float) -> WaitAbandonedError | None:
        """Say why a job is not waited for any longer."""
        if not _is_runnable(job):
            return None
        reason = job.status_reason or ""
        if reason.startswith(MISCONFIGURATION) and not self.allows_misconfiguration:
            return JobBlockedError(f"job {job.job_id} cannot start: {reason}")
        if self.runnable_seconds is None or now - self._runnable_since(job) < self.runnable_seconds:
            return None
        because = f" ({reason})" if reason else ""
        return WaitAbandonedError(
            f"job {job.job_id} has been RUNNABLE for {self.runnable_seconds:g} s, which is its limit, "
            f"without getting a place to run{because}; look at its queue's compute environments, "
            "or give it a longer runnable_timeout"
        )

    def overdue(self) -> WaitAbandonedError:
        """Say that the deadline has passed."""
        moment = datetime.fromtimestamp(self.deadline or 0, UTC).isoformat(timespec="seconds")
        return WaitAbandonedError(f"its execution_timeout has passed: it should have ended by {moment}")

    def _runnable_since(self, job: JobDescription) -> float:
        moments = (job.created_at, job.last_attempt_stopped_at)
        return max(self.since, *(moment / 1000 for moment in moments if moment is not None))


def _is_runnable(job: JobDescription) -> bool:
    if job.array is None:
        return job.status is JobStatus.RUNNABLE
    counts = job.array.by_status
    has_started = any(
        counts.get(status, 0)
        for status in (JobStatus.STARTING, JobStatus.RUNNING, JobStatus.SUCCEEDED, JobStatus.FAILED)
    )
    return bool(counts.get(JobStatus.RUNNABLE, 0)) and not has_started
