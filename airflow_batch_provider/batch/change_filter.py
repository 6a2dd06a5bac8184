"""Which changes of a job are worth a line in its task's log."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from airflow_batch_provider.batch.job import JobDescription, JobStatus

PROGRESS_PAUSE_SECONDS: Final = 30.0
"""From one line about an array job's progress to the next."""


class ChangeFilter:
    """
    Tells each new status and status reason of jobs once, and an array job's progress now and then.

    An array of 10,000 children changes with every look at it. Its progress is told when a child
    fails first and otherwise every half minute; the line of its end has the final counts.

    :param now: seconds of a clock that never goes back.
    """

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._told: dict[str, JobDescription] = {}
        self._told_at: dict[str, float] = {}

    def is_news(self, job: JobDescription) -> bool:
        """Whether to tell of this description; it counts as told then."""
        before = self._told.get(job.job_id)
        if before is not None and not self.is_transition(job) and not self._is_due(job, before):
            return False
        self._told[job.job_id] = job
        self._told_at[job.job_id] = self._now()
        return True

    def is_transition(self, job: JobDescription) -> bool:
        """Whether the job has got another status or status reason since it was told of."""
        before = self._told.get(job.job_id)
        return before is None or (before.status, before.status_reason) != (job.status, job.status_reason)

    def _is_due(self, job: JobDescription, before: JobDescription) -> bool:
        if job.array is None or before.array is None or job.array == before.array:
            return False
        is_first_failure = bool(job.array.count(JobStatus.FAILED)) and not before.array.count(
            JobStatus.FAILED
        )
        return is_first_failure or self._now() - self._told_at[job.job_id] >= PROGRESS_PAUSE_SECONDS
