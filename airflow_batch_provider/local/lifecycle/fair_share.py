"""Who is next in a queue with a fair share policy, and how much each share has used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import nlargest
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


class FairShareLine:
    """
    RUNNABLE jobs by share: the share comes first that has used least, as its weight has it.

    Usage is what a share has held on the average, and what it holds now. The latter lets shares take
    turns that start at the same moment. The cost of a look grows with the shares that wait, of which
    there are at most 500.
    """

    def __init__(self, policy: SchedulingPolicy) -> None:
        self.policy = policy
        self._lines: dict[str, FifoLine] = {}
        self._usage: dict[str, ShareUsage] = {}
        self._active = 0

    # The line.

    def push(self, job: Job, now: int) -> None:
        self._lines.setdefault(_share(job), FifoLine()).push(job, now)

    def head(self, now: int) -> Job | None:
        heads = list(self._heads(now))
        if not heads:
            return None
        return min(heads, key=lambda job: (self._load(_share(job), now), position_of(job)[1:]))

    def take(self, job: Job, now: int) -> None:
        self._lines[_share(job)].take(job, now)
        self._hold(_share(job), job.spec.millicpus, now)

    def leave(self, job: Job, now: int) -> None:
        self._lines[_share(job)].leave(job, now)

    def release(self, job: Job, now: int) -> None:
        self._hold(_share(job), -job.spec.millicpus, now)

    def front(self, now: int, most: int) -> list[tuple[Job, int]]:
        """Return who would be placed next if there were room for all of them."""
        rest = {share: line.in_order() for share, line in self._lines.items()}
        heads = {share: job for share, jobs in rest.items() if (job := next(jobs, None)) is not None}
        taken = dict.fromkeys(heads, 0)
        front: list[tuple[Job, int]] = []
        while heads and len(front) < most:
            share = min(
                heads, key=lambda each: (self._load(each, now, taken[each]), position_of(heads[each])[1:])
            )
            job = heads.pop(share)
            taken[share] += job.spec.millicpus
            front.append((job, self._lines[share].since(job)))
            if (following := next(rest[share], None)) is not None:
                heads[share] = following
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

    def _heads(self, now: int) -> Iterator[Job]:
        for share, line in list(self._lines.items()):
            job = line.head(now)
            if job is None:
                del self._lines[share]
                continue
            yield job

    def _load(self, share: str, now: int, taken: int = 0) -> float:
        usage = self._usage_of(share, now)
        load = usage.mean_at(now, self.policy.window_ms) + usage.held + taken
        return load * self.policy.weight_of(share)

    def _hold(self, share: str, millicpus: int, now: int) -> None:
        usage = self._usage_of(share, now)
        usage.mean_at(now, self.policy.window_ms)
        usage.held += millicpus

    def _usage_of(self, share: str, now: int) -> ShareUsage:
        usage = self._usage.get(share)
        if usage is None:
            usage = self._usage[share] = ShareUsage(now)
        return usage


def _share(job: Job) -> str:
    return job.spec.share_identifier or ""
