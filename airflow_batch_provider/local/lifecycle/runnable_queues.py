"""The order of the RUNNABLE jobs of a queue: first in, first out."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import islice
from typing import Protocol

from airflow_batch_provider.local.lifecycle.jobs import Job, JobStatus
from airflow_batch_provider.local.lifecycle.queue_positions import Position, QueuePositionTimes


def queue_position(job: Job) -> Position:
    """Return a job's sort key: by scheduling priority, then retried jobs first, then by age."""
    index = -1 if job.index is None else job.index
    # Retried jobs go to the front of their queue:
    # https://docs.aws.amazon.com/batch/latest/userguide/bestpractice6.html
    return -job.spec.scheduling_priority, not job.attempts, job.sequence, index


class RunnableQueue(Protocol):
    """The RUNNABLE jobs of one job queue."""

    def push(self, job: Job, now: int) -> None:
        """Add a job that has become RUNNABLE."""

    def head(self, now: int) -> Job | None:
        """Return the next job, or ``None`` if there is no job."""

    def pop(self, job: Job, now: int) -> None:
        """Remove the head, because it is placed."""

    def remove(self, job: Job, now: int) -> None:
        """Remove a job that has ended while it was RUNNABLE."""

    def release(self, job: Job, now: int) -> None:
        """Record that a job of the queue has left its host."""

    def front(self, now: int, limit: int) -> list[tuple[Job, int]]:
        """Return the first jobs, each with the time since when it has had its position."""


class FifoQueue:
    """RUNNABLE jobs in the order of their sort keys."""

    def __init__(self) -> None:
        self._heap: list[tuple[Position, Job]] = []
        self._position_times = QueuePositionTimes()

    def push(self, job: Job, now: int) -> None:
        position = queue_position(job)
        heappush(self._heap, (position, job))
        self._position_times.record_change(position, now)

    def head(self, _now: int) -> Job | None:
        """Return the next job. Jobs that are no longer RUNNABLE are dropped when they reach the head."""
        while self._heap:
            job = self._heap[0][1]
            if job.status is JobStatus.RUNNABLE:
                return job
            heappop(self._heap)
        return None

    def pop(self, _job: Job, now: int) -> None:
        # The head is the job: `place_next` calls `head` just before, which drops jobs that have ended.
        position, _ = heappop(self._heap)
        self._position_times.record_change(position, now)

    def remove(self, job: Job, now: int) -> None:
        """Record that the jobs after this one have moved up; :meth:`head` drops the job itself."""
        self._position_times.record_change(queue_position(job), now)

    def release(self, _job: Job, _now: int) -> None:
        """Do nothing: the order does not depend on running jobs."""

    def front(self, _now: int, limit: int) -> list[tuple[Job, int]]:
        return [(job, self.since(job)) for job in islice(self.in_order(), limit)]

    def since(self, job: Job) -> int:
        """Return since when a waiting job has had its position."""
        return self._position_times.since(queue_position(job))

    def in_order(self) -> Iterator[Job]:
        """
        Yield the waiting jobs in order, without sorting all of them.

        A node of the heap can only come next once its parent has, so a second heap of candidates suffices.
        """
        candidates = [(self._heap[0][0], 0)] if self._heap else []
        while candidates:
            _, index = heappop(candidates)
            job = self._heap[index][1]
            if job.status is JobStatus.RUNNABLE:
                yield job
            # heapq's layout: https://docs.python.org/3/library/heapq.html#theory
            for child in (2 * index + 1, 2 * index + 2):
                if child < len(self._heap):
                    heappush(candidates, (self._heap[child][0], child))
