"""``jobStateTimeLimitActions``: how long a job may block the head of its queue, and for which reasons."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from airflow_batch_provider.local.lifecycle.capacity import JobQueue, TimeLimit
from airflow_batch_provider.local.lifecycle.jobs import Job, JobStatus

MOST_NEWS: Final = 1000


@dataclass(frozen=True, slots=True)
class BlockedHead:
    """
    A job that blocks its queue.

    :param since: milliseconds since the epoch.
    """

    job: Job
    reason: str
    since: int


class BlockedHeads:
    """
    The jobs at the head of their queues that cannot be placed, and since when.

    :ivar news: those that have come to block their queues, to be taken by whoever wants to know.
    """

    def __init__(self) -> None:
        self.news: deque[BlockedHead] = deque(maxlen=MOST_NEWS)
        self._heads: dict[JobQueue, BlockedHead] = {}

    def note(self, queue: JobQueue, job: Job | None, now: int) -> None:
        """Note who stands at the head of a queue; its ``status_reason`` says whether it is blocked."""
        reason = None if job is None else job.status_reason
        if job is None or reason is None:
            self._heads.pop(queue, None)
            return
        known = self._heads.get(queue)
        if known is None or known.job is not job or known.reason != reason:
            self._heads[queue] = BlockedHead(job, reason, now)
            self.news.append(self._heads[queue])

    def next_due(self) -> int | None:
        """Return when the next job has stood there for too long, in milliseconds since the epoch."""
        return min((due for due, _, _ in self._limited()), default=None)

    def pop_due(self, now: int) -> tuple[Job, TimeLimit] | None:
        for due, queue, limit in self._limited():
            if due <= now:
                return self._heads.pop(queue).job, limit
        return None

    def _limited(self) -> Iterator[tuple[int, JobQueue, TimeLimit]]:
        for queue, head in self._heads.items():
            if head.job.status is not JobStatus.RUNNABLE:
                continue
            for limit in queue.time_limits:
                if head.reason.startswith(limit.reason):
                    yield head.since + limit.seconds * 1000, queue, limit
