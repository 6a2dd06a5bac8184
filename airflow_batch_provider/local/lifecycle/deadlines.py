"""When running attempts exceed their timeout."""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import count

from airflow_batch_provider.local.lifecycle.jobs import Attempt, Job


class Deadlines:
    """A heap of deadlines; those of attempts that have ended meanwhile are dropped when they surface."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Job, Attempt]] = []
        self._order = count()

    def add(self, due: int, job: Job, attempt: Attempt) -> None:
        heappush(self._heap, (due, next(self._order), job, attempt))

    def next_due(self) -> int | None:
        """Return the next deadline that still matters, in milliseconds since the epoch."""
        while self._heap:
            due, _, job, attempt = self._heap[0]
            if job.current is attempt:
                return due
            heappop(self._heap)
        return None

    def pop_due(self, now: int) -> Job | None:
        due = self.next_due()
        if due is None or due > now:
            return None
        return heappop(self._heap)[2]
