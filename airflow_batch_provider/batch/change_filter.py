"""Select the changes of a job that are worth a line in its task's log."""

from __future__ import annotations

import time
from collections.abc import Callable

from airflow_batch_provider.batch.job import JobDescription, JobStatus
from airflow_batch_provider.defaults import PROGRESS_INTERVAL_SECONDS


class ChangeFilter:
    """
    Pass each new status and status reason of a job once, and the progress of an array job at intervals.

    The counts of an array job with 10,000 children change with every poll. Its progress passes at
    its first failed child and then every 30 seconds. The line of its end has the final counts.

    :param now: seconds of a monotonic clock.
    """

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._last_logged: dict[str, JobDescription] = {}
        self._last_logged_at: dict[str, float] = {}

    def should_log(self, job: JobDescription) -> bool:
        """Return whether to log this description; if so, remember it as the last one logged."""
        last = self._last_logged.get(job.job_id)
        if last is not None and not self.is_transition(job) and not self._is_progress_due(job, last):
            return False
        self._last_logged[job.job_id] = job
        self._last_logged_at[job.job_id] = self._now()
        return True

    def is_transition(self, job: JobDescription) -> bool:
        """Return whether the status or status reason differs from the description last logged."""
        last = self._last_logged.get(job.job_id)
        return last is None or (last.status, last.status_reason) != (job.status, job.status_reason)

    def _is_progress_due(self, job: JobDescription, last: JobDescription) -> bool:
        if job.array is None or last.array is None or job.array == last.array:
            return False
        is_first_failure = bool(job.array.count(JobStatus.FAILED)) and not last.array.count(JobStatus.FAILED)
        seconds_since = self._now() - self._last_logged_at[job.job_id]
        return is_first_failure or seconds_since >= PROGRESS_INTERVAL_SECONDS
