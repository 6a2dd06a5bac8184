"""The timeouts of running attempts."""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_batch_provider.local.lifecycle.jobs import Attempt, Job


class Deadlines:
    """A heap of deadlines. A deadline whose attempt has ended is dropped when it reaches the top."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Job, Attempt]] = []
        self._order = count()

    def add(self, due: int, job: Job, attempt: Attempt) -> None:
        heappush(self._heap, (due, next(self._order), job, attempt))

    def next_due(self) -> int | None:
        """Return the next deadline of a running attempt, in milliseconds since the epoch."""
        while self._heap:
            due, _, job, attempt = self._heap[0]
            if job.current is attempt:
                return due
            heappop(self._heap)
        return None

    def pop_due(self, now: int) -> Job | None:
        """Remove and return a job whose deadline has passed, or return ``None``."""
        due = self.next_due()
        if due is None or due > now:
            return None
        return heappop(self._heap)[2]
