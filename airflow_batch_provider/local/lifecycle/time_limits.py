"""``jobStateTimeLimitActions``: how long, and for which reasons, a job may block the head of its queue."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from airflow_batch_provider.local.lifecycle.jobs import Job, JobStatus

if TYPE_CHECKING:
    from airflow_batch_provider.local.lifecycle.capacity import JobQueue, TimeLimit

MAX_UNREPORTED: Final = 1000


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
    The queue heads that cannot be placed, and since when.

    :ivar unreported: heads that have started to block their queues; the caller removes and reports them.
    """

    def __init__(self) -> None:
        self.unreported: deque[BlockedHead] = deque(maxlen=MAX_UNREPORTED)
        self._heads: dict[JobQueue, BlockedHead] = {}

    def update(self, queue: JobQueue, job: Job | None, now: int) -> None:
        """Set the head of a queue. A head with a ``status_reason`` is blocked."""
        reason = None if job is None else job.status_reason
        if job is None or reason is None:
            self._heads.pop(queue, None)
            return
        known = self._heads.get(queue)
        # The time counts for one job and one reason: a new head, or a new reason, starts it again.
        if known is None or known.job is not job or known.reason != reason:
            self._heads[queue] = BlockedHead(job, reason, now)
            self.unreported.append(self._heads[queue])

    def next_due(self) -> int | None:
        """Return when the next time limit expires, in milliseconds since the epoch."""
        return min((due for due, _, _ in self._limited()), default=None)

    def pop_due(self, now: int) -> tuple[Job, TimeLimit] | None:
        """Remove and return a head whose time limit has expired, or return ``None``."""
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
