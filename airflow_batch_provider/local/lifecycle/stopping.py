"""Who may end a job, and when: cancel, terminate, timeouts, time limits and deleted queues."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import islice
from typing import Final

from airflow_batch_provider.local.lifecycle.effects import Order, StopAttempt
from airflow_batch_provider.local.lifecycle.jobs import Job, JobStatus

STOPPED_AT_ONCE: Final = 1_000
"""Children that are stopped within the request to stop their array job, which takes 5 ms."""


class StopKind(Enum):
    """Who wants a job to end."""

    CANCEL = auto()
    TERMINATE = auto()
    TIMEOUT = auto()
    QUEUE_DELETION = auto()


@dataclass(frozen=True, slots=True)
class _Stopping:
    """A request to stop an array job, and the children that it has not reached yet."""

    children: Iterator[Job]
    reason: str
    kind: StopKind


class StopRequests:
    """
    Requests to end jobs.

    :param orders: where the runner is told to stop an attempt.
    :param fail: ends a job that is not on a host, for a reason.
    """

    def __init__(self, orders: deque[Order], fail: Callable[[Job, str, int], None]) -> None:
        self._orders = orders
        self._fail = fail
        self._unfinished: deque[_Stopping] = deque()

    def stop(self, job: Job, reason: str, kind: StopKind, now: int) -> None:
        """Accept a request; a job that has ended is left alone."""
        if job.status.is_final:
            return
        if job.children is not None:
            _mark(job, kind)
            self._stop_children(job.children, reason, kind, now)
            return
        if job.status.occupies_host:
            self._stop_on_host(job, reason, kind)
            return
        _mark(job, kind)
        job.stop_reason = job.stop_reason or reason
        if kind is StopKind.QUEUE_DELETION or not _waits_for_others(job):
            self._fail(job, job.stop_reason, now)

    @property
    def has_more(self) -> bool:
        """Tell whether children are left that a request has not reached."""
        return bool(self._unfinished)

    def stop_next(self, now: int) -> None:
        """Let a request reach its next child."""
        stopping = self._unfinished[0]
        child = next(stopping.children, None)
        if child is None:
            self._unfinished.popleft()
            return
        self.stop(child, stopping.reason, stopping.kind, now)

    def _stop_children(self, children: Sequence[Job], reason: str, kind: StopKind, now: int) -> None:
        rest = iter(children)
        for child in islice(rest, STOPPED_AT_ONCE):
            self.stop(child, reason, kind, now)
        if len(children) > STOPPED_AT_ONCE:
            self._unfinished.append(_Stopping(rest, reason, kind))

    def _stop_on_host(self, job: Job, reason: str, kind: StopKind) -> None:
        if kind is StopKind.CANCEL or job.current is None:
            return
        _mark(job, kind)
        if job.stop_reason is None:
            job.stop_reason = reason
            self._orders.append(StopAttempt(job, job.current))


def _waits_for_others(job: Job) -> bool:
    """Tell whether a job has dependencies to wait for; until they end, not even a cancelled job does."""
    if job.status is JobStatus.SUBMITTED:
        return bool(job.waits_for)
    return job.status is JobStatus.PENDING and job.unmet != 0


def _mark(job: Job, kind: StopKind) -> None:
    """Note on a job that a request to end it has been accepted."""
    if kind is StopKind.CANCEL:
        job.is_cancelled = True
    elif kind is StopKind.TERMINATE:
        job.is_terminated = True
