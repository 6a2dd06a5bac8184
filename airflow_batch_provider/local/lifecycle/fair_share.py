"""
Fair-share scheduling: the order of RUNNABLE jobs in a queue with a scheduling policy.

The next job comes from the share with the lowest weighted usage: the vCPUs that its jobs hold now, plus an
exponentially decaying average of what they held before, times the share's weight factor. Inside a share,
the higher scheduling priority goes first.
See https://docs.aws.amazon.com/batch/latest/userguide/fair-share-scheduling.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush, nlargest
from math import exp
from typing import TYPE_CHECKING, Final

from airflow_batch_provider.local.lifecycle.runnable_queues import FifoQueue, queue_position

if TYPE_CHECKING:
    from airflow_batch_provider.local.lifecycle.jobs import Job
    from airflow_batch_provider.local.lifecycle.policies import SchedulingPolicy

MAX_ACTIVE_SHARES: Final = 500


@dataclass(slots=True)
class ShareUsage:
    """
    The usage of one share.

    :param held: thousandths of a vCPU that its jobs hold now.
    :param mean: the same, averaged over the past; older usage counts exponentially less.
    :param at: the time at which ``mean`` was computed.
    :param unfinished: jobs and array jobs that have not ended; a share is active while it has any.
    """

    at: int
    held: int = 0
    mean: float = 0.0
    unfinished: int = 0

    def mean_at(self, now: int, window_ms: int) -> float:
        """Return the average at a later time. It decays toward ``held``, which has not changed since."""
        if now > self.at:
            # The exponentially weighted average of a constant `held`
            # over continuous time; no sampling interval is needed.
            decay = exp((self.at - now) / window_ms)
            self.mean = self.held + (self.mean - self.held) * decay
            self.at = now
        return self.mean


class _Turn:
    """The next job of a share; turns are ordered by the shares' usage, then by the jobs' age."""

    __slots__ = ("job", "rank", "share", "usage")

    def __init__(self, usage: float, job: Job) -> None:
        self.usage = usage
        self.job = job
        self.share = _share(job)
        # Without the scheduling priority, which only orders jobs within a share.
        self.rank = (usage, queue_position(job)[1:])

    def __lt__(self, other: _Turn) -> bool:
        return self.rank < other.rank


class FairShareQueue:
    """
    RUNNABLE jobs by share, in the order of the shares' weighted usage.

    Usage counts both what a share has held on average and what it holds now. The latter makes shares take
    turns even if their jobs start at the same time.

    Averages change with time, so the order is rebuilt whenever time has passed; that costs one step for
    each waiting share (at most 500). Until then, only shares with changes are ranked again:
    their old turns stay in the heap and are skipped when they reach the top (lazy deletion).
    """

    def __init__(self, policy: SchedulingPolicy) -> None:
        self.policy = policy
        self._queues: dict[str, FifoQueue] = {}
        self._usage: dict[str, ShareUsage] = {}
        self._active = 0
        self._turns: list[_Turn] = []
        self._ordered_at: int | None = None

    # The queue.

    def push(self, job: Job, now: int) -> None:
        self._queues.setdefault(_share(job), FifoQueue()).push(job, now)
        self._rank(_share(job), now)

    def head(self, now: int) -> Job | None:
        if self._ordered_at != now:
            self._rebuild_order(now)
        while self._turns:
            turn = self._turns[0]
            queue = self._queues.get(turn.share)
            is_current = queue is not None and queue.head(now) is turn.job
            # An exact comparison of floats is safe: at the same `now`, unchanged inputs give the same result.
            if is_current and turn.usage == self._weighted_usage(turn.share, now):
                return turn.job
            heappop(self._turns)
        return None

    def pop(self, job: Job, now: int) -> None:
        self._queues[_share(job)].pop(job, now)
        self._add_held(_share(job), job.spec.millicpus, now)

    def remove(self, job: Job, now: int) -> None:
        self._queues[_share(job)].remove(job, now)
        self._rank(_share(job), now)

    def release(self, job: Job, now: int) -> None:
        self._add_held(_share(job), -job.spec.millicpus, now)

    def policy_changed(self) -> None:
        """Rebuild the order at the next use."""
        self._ordered_at = None

    def front(self, now: int, limit: int) -> list[tuple[Job, int]]:
        """
        Return the jobs in the order of placement if there were room for all of them.

        Each job of the result adds to the usage of its share, as it would when placed.
        """
        waiting = {share: queue.in_order() for share, queue in self._queues.items()}
        added = dict.fromkeys(waiting, 0)
        turns: list[_Turn] = []
        front: list[tuple[Job, int]] = []

        def push_next(share: str) -> None:
            job = next(waiting[share], None)
            if job is not None:
                heappush(turns, _Turn(self._weighted_usage(share, now, added[share]), job))

        for share in waiting:
            push_next(share)
        while turns and len(front) < limit:
            turn = heappop(turns)
            front.append((turn.job, self._queues[turn.share].since(turn.job)))
            added[turn.share] += turn.job.spec.millicpus
            push_next(turn.share)
        return front

    # The shares.

    @property
    def active_shares(self) -> int:
        return self._active

    def is_active(self, share_identifier: str) -> bool:
        usage = self._usage.get(share_identifier)
        return usage is not None and usage.unfinished > 0

    def job_submitted(self, job: Job, now: int) -> None:
        """Count a submitted job as unfinished."""
        usage = self._usage_of(_share(job), now)
        self._active += usage.unfinished == 0
        usage.unfinished += 1

    def job_ended(self, job: Job, now: int) -> None:
        """Count a job as ended."""
        usage = self._usage_of(_share(job), now)
        usage.unfinished -= 1
        self._active -= usage.unfinished == 0

    def largest_holders(self, limit: int) -> list[tuple[str, int]]:
        """Return the shares that hold the most now, in thousandths of a vCPU."""
        held = ((share, usage.held) for share, usage in self._usage.items() if usage.unfinished)
        return nlargest(limit, held, key=lambda entry: entry[1])

    def _rebuild_order(self, now: int) -> None:
        self._turns = []
        self._ordered_at = now
        for share in list(self._queues):
            self._rank(share, now)

    def _rank(self, share: str, now: int) -> None:
        """Add a turn for the next job of a share; an older turn of the share becomes obsolete."""
        queue = self._queues.get(share)
        job = None if queue is None else queue.head(now)
        if job is None:
            self._queues.pop(share, None)
        elif self._ordered_at == now:
            heappush(self._turns, _Turn(self._weighted_usage(share, now), job))

    def _weighted_usage(self, share: str, now: int, added: int = 0) -> float:
        usage = self._usage_of(share, now)
        total = usage.mean_at(now, self.policy.window_ms) + usage.held + added
        return total * self.policy.weight_of(share)

    def _add_held(self, share: str, millicpus: int, now: int) -> None:
        usage = self._usage_of(share, now)
        # Settle the average first; `mean_at` assumes that `held` was constant since its last call.
        usage.mean_at(now, self.policy.window_ms)
        usage.held += millicpus
        self._rank(share, now)

    def _usage_of(self, share: str, now: int) -> ShareUsage:
        usage = self._usage.get(share)
        if usage is None:
            usage = self._usage[share] = ShareUsage(now)
        return usage


def _share(job: Job) -> str:
    return job.spec.share_identifier or ""
