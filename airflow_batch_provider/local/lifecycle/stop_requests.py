"""Requests to end jobs: cancel, terminate, timeouts, job state time limits and deleted queues."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import islice
from typing import Final

from airflow_batch_provider.local.lifecycle.jobs import Job, JobStatus
from airflow_batch_provider.local.lifecycle.messages import Command, StopAttempt

STOP_BATCH_SIZE: Final = 1_000
"""Children stopped while the request to stop their array job is handled, which takes 5 ms."""


class StopKind(Enum):
    """The origin of a request to end a job."""

    CANCEL = auto()
    TERMINATE = auto()
    TIMEOUT = auto()
    QUEUE_DELETION = auto()


@dataclass(frozen=True, slots=True)
class _ArrayStop:
    """A request to stop an array job, and the children that are not stopped yet."""

    children: Iterator[Job]
    reason: str
    kind: StopKind


class StopRequests:
    """
    Ends jobs on request.

    :param commands: receives the commands to stop attempts.
    :param fail: ends a job that is not on a host, for a reason.
    """

    def __init__(self, commands: deque[Command], fail: Callable[[Job, str, int], None]) -> None:
        self._commands = commands
        self._fail = fail
        self._unfinished: deque[_ArrayStop] = deque()

    def stop(self, job: Job, reason: str, kind: StopKind, now: int) -> None:
        """Accept a request. A job that has ended is left unchanged."""
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
        # A job that waits for dependencies keeps its stop reason and ends when they have ended.
        if kind is StopKind.QUEUE_DELETION or not _has_outstanding_dependencies(job):
            self._fail(job, job.stop_reason, now)

    @property
    def has_more(self) -> bool:
        """Return whether a request has children left to stop."""
        return bool(self._unfinished)

    def stop_next(self, now: int) -> None:
        """Stop the next child of the oldest request."""
        request = self._unfinished[0]
        child = next(request.children, None)
        if child is None:
            self._unfinished.popleft()
            return
        self.stop(child, request.reason, request.kind, now)

    def _stop_children(self, children: Sequence[Job], reason: str, kind: StopKind, now: int) -> None:
        remaining = iter(children)
        for child in islice(remaining, STOP_BATCH_SIZE):
            self.stop(child, reason, kind, now)
        if len(children) > STOP_BATCH_SIZE:
            self._unfinished.append(_ArrayStop(remaining, reason, kind))

    def _stop_on_host(self, job: Job, reason: str, kind: StopKind) -> None:
        # CancelJob succeeds for a job on a host, but has no effect.
        if kind is StopKind.CANCEL or job.current is None:
            return
        _mark(job, kind)
        if job.stop_reason is None:
            job.stop_reason = reason
            self._commands.append(StopAttempt(job, job.current))


def _has_outstanding_dependencies(job: Job) -> bool:
    """Return whether a job waits for dependencies; even a cancelled job ends only after they have ended."""
    if job.status is JobStatus.SUBMITTED:
        return bool(job.waits_for)
    return job.status is JobStatus.PENDING and job.outstanding != 0


def _mark(job: Job, kind: StopKind) -> None:
    """Set ``isCancelled`` or ``isTerminated`` of a job."""
    if kind is StopKind.CANCEL:
        job.is_cancelled = True
    elif kind is StopKind.TERMINATE:
        job.is_terminated = True
