"""Who is next in a queue with a fair share policy, and how much each share has used."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush, nlargest
from math import exp
from typing import Final

from airflow_batch_provider.local.lifecycle.jobs import Job
from airflow_batch_provider.local.lifecycle.lines import FifoLine, position_of
from airflow_batch_provider.local.lifecycle.policies import SchedulingPolicy

MAX_ACTIVE_SHARES: Final = 500


@dataclass(slots=True)
class ShareUsage:
    """
    What the jobs of one share have used.

    :param held: thousandths of a vCPU that they hold now.
    :param mean: the same, averaged over the past; older usage counts exponentially less.
    :param at: the moment for which ``mean`` holds.
    :param unfinished: jobs and array jobs that have not ended; a share is active while it has any.
    """

    at: int
    held: int = 0
    mean: float = 0.0
    unfinished: int = 0

    def mean_at(self, now: int, window_ms: int) -> float:
        if now > self.at:
            fading = exp((self.at - now) / window_ms)
            self.mean = self.held + (self.mean - self.held) * fading
            self.at = now
        return self.mean


class _Turn:
    """The next job of a share, in the order of the usage of shares and, where it is equal, of age."""

    __slots__ = ("job", "load", "rank", "share")

    def __init__(self, load: float, job: Job) -> None:
        self.load = load
        self.job = job
        self.share = _share(job)
        self.rank = (load, position_of(job)[1:])

    def __lt__(self, other: _Turn) -> bool:
        return self.rank < other.rank


class FairShareLine:
    """
    RUNNABLE jobs by share: the share comes first that has used least, as its weight has it.

    Usage is what a share has held on the average, and what it holds now. The latter lets shares take
    turns that start at the same moment. The order is made anew when time has passed, at a cost that
    grows with the shares that wait, of which there are at most 500; until then, only the shares are
    looked at to which something happens.
    """

    def __init__(self, policy: SchedulingPolicy) -> None:
        self.policy = policy
        self._lines: dict[str, FifoLine] = {}
        self._usage: dict[str, ShareUsage] = {}
        self._active = 0
        self._order: list[_Turn] = []
        self._ordered_at: int | None = None

    # The line.

    def push(self, job: Job, now: int) -> None:
        self._lines.setdefault(_share(job), FifoLine()).push(job, now)
        self._rank(_share(job), now)

    def head(self, now: int) -> Job | None:
        if self._ordered_at != now:
            self._order_anew(now)
        while self._order:
            turn = self._order[0]
            line = self._lines.get(turn.share)
            if line is not None and line.head(now) is turn.job and turn.load == self._load(turn.share, now):
                return turn.job
            heappop(self._order)
        return None

    def take(self, job: Job, now: int) -> None:
        self._lines[_share(job)].take(job, now)
        self._hold(_share(job), job.spec.millicpus, now)

    def leave(self, job: Job, now: int) -> None:
        self._lines[_share(job)].leave(job, now)
        self._rank(_share(job), now)

    def release(self, job: Job, now: int) -> None:
        self._hold(_share(job), -job.spec.millicpus, now)

    def reorder(self) -> None:
        """Make the order anew, since the policy has changed."""
        self._ordered_at = None

    def front(self, now: int, most: int) -> list[tuple[Job, int]]:
        """Return who would be placed next if there were room for all of them."""
        rest = {share: line.in_order() for share, line in self._lines.items()}
        taken = dict.fromkeys(rest, 0)
        turns: list[_Turn] = []
        front: list[tuple[Job, int]] = []

        def line_up(share: str) -> None:
            following = next(rest[share], None)
            if following is not None:
                heappush(turns, _Turn(self._load(share, now, taken[share]), following))

        for share in rest:
            line_up(share)
        while turns and len(front) < most:
            turn = heappop(turns)
            front.append((turn.job, self._lines[turn.share].since(turn.job)))
            taken[turn.share] += turn.job.spec.millicpus
            line_up(turn.share)
        return front

    # The shares.

    @property
    def active_shares(self) -> int:
        return self._active

    def is_active(self, share_identifier: str) -> bool:
        usage = self._usage.get(share_identifier)
        return usage is not None and usage.unfinished > 0

    def join(self, job: Job, now: int) -> None:
        """Count a job that has been submitted."""
        usage = self._usage_of(_share(job), now)
        self._active += usage.unfinished == 0
        usage.unfinished += 1

    def finish(self, job: Job, now: int) -> None:
        """Count a job that has ended."""
        usage = self._usage_of(_share(job), now)
        usage.unfinished -= 1
        self._active -= usage.unfinished == 0

    def largest_holders(self, most: int) -> list[tuple[str, int]]:
        """Return the shares that hold most now, in thousandths of a vCPU."""
        held = ((share, usage.held) for share, usage in self._usage.items() if usage.unfinished)
        return nlargest(most, held, key=lambda entry: entry[1])

    def _order_anew(self, now: int) -> None:
        self._order = []
        self._ordered_at = now
        for share in list(self._lines):
            self._rank(share, now)

    def _rank(self, share: str, now: int) -> None:
        """Put the next job of a share where it belongs; what stands in the order for it is outdated."""
        line = self._lines.get(share)
        job = None if line is None else line.head(now)
        if job is None:
            self._lines.pop(share, None)
        elif self._ordered_at == now:
            heappush(self._order, _Turn(self._load(share, now), job))

    def _load(self, share: str, now: int, taken: int = 0) -> float:
        usage = self._usage_of(share, now)
        load = usage.mean_at(now, self.policy.window_ms) + usage.held + taken
        return load * self.policy.weight_of(share)

    def _hold(self, share: str, millicpus: int, now: int) -> None:
        usage = self._usage_of(share, now)
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
