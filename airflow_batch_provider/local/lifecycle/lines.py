"""Who is next in a queue: the waiting line of a first-in, first-out queue."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import islice
from typing import Protocol

from airflow_batch_provider.local.lifecycle.jobs import Job, JobStatus
from airflow_batch_provider.local.lifecycle.shifts import Position, QueuePositionTimes


def position_of(job: Job) -> Position:
    """Return where a job stands: by priority, those that are retried first, then the oldest."""
    index = -1 if job.index is None else job.index
    return -job.spec.scheduling_priority, not job.attempts, job.sequence, index


class Line(Protocol):
    """The RUNNABLE jobs of one queue."""

    def push(self, job: Job, now: int) -> None:
        """Take in a job that has become RUNNABLE."""

    def head(self, now: int) -> Job | None:
        """Return the job that is next."""

    def take(self, job: Job, now: int) -> None:
        """Take off the head, since it is placed."""

    def leave(self, job: Job, now: int) -> None:
        """Note that a job has ended while it waited."""

    def release(self, job: Job, now: int) -> None:
        """Note that a job has left its host."""

    def front(self, now: int, most: int) -> list[tuple[Job, int]]:
        """Return the first jobs, and since when each has had its position."""


class FifoLine:
    """RUNNABLE jobs in the order of their positions."""

    def __init__(self) -> None:
        self._heap: list[tuple[Position, Job]] = []
        self._shifts = QueuePositionTimes()

    def push(self, job: Job, now: int) -> None:
        position = position_of(job)
        heappush(self._heap, (position, job))
        self._shifts.note(position, now)

    def head(self, _now: int) -> Job | None:
        """Return the next job; those that stopped being RUNNABLE are dropped on the way."""
        while self._heap:
            job = self._heap[0][1]
            if job.status is JobStatus.RUNNABLE:
                return job
            heappop(self._heap)
        return None

    def take(self, _job: Job, now: int) -> None:
        position, _ = heappop(self._heap)
        self._shifts.note(position, now)

    def leave(self, job: Job, now: int) -> None:
        self._shifts.note(position_of(job), now)

    def release(self, _job: Job, _now: int) -> None:
        """Nothing depends on what runs."""

    def front(self, _now: int, most: int) -> list[tuple[Job, int]]:
        return [(job, self.since(job)) for job in islice(self.in_order(), most)]

    def since(self, job: Job) -> int:
        """Return when a waiting job got where it stands."""
        return self._shifts.since(position_of(job))

    def in_order(self) -> Iterator[Job]:
        """Yield the waiting jobs, at a cost of those that are looked at."""
        reached = [(self._heap[0][0], 0)] if self._heap else []
        while reached:
            _, index = heappop(reached)
            job = self._heap[index][1]
            if job.status is JobStatus.RUNNABLE:
                yield job
            for child in (2 * index + 1, 2 * index + 2):
                if child < len(self._heap):
                    heappush(reached, (self._heap[child][0], child))
