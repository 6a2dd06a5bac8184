"""The lifecycle itself: requests and observations in, transitions and orders out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import count
from typing import Final

from airflow_batch_provider.local.lifecycle import reasons
from airflow_batch_provider.local.lifecycle.admission import Admission
from airflow_batch_provider.local.lifecycle.adoption import Adoption
from airflow_batch_provider.local.lifecycle.attempts import Attempts
from airflow_batch_provider.local.lifecycle.backlog import Backlog
from airflow_batch_provider.local.lifecycle.deadlines import Deadlines
from airflow_batch_provider.local.lifecycle.dependencies import Dependencies
from airflow_batch_provider.local.lifecycle.effects import AttemptEnd, Order, Transition
from airflow_batch_provider.local.lifecycle.jobs import ArrayProgress, Attempt, Job, JobSpec, JobStatus
from airflow_batch_provider.local.lifecycle.moves import StatusChanges
from airflow_batch_provider.local.lifecycle.scheduler import Scheduler
from airflow_batch_provider.local.lifecycle.stopping import StopKind, StopRequests

EVERYTHING: Final = 1 << 62


class Lifecycle:
    """
    All jobs of a Region.

    Requests (``submit``, ``cancel``, …) and observations (``attempt_started``, ``attempt_ended``)
    change what is known; ``advance`` draws the consequences, at a cost proportional to them.

    :param new_task_id: makes 32 hex digits.
    :param on_transition: told of every change of a status at once, in order.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        new_task_id: Callable[[], str],
        on_transition: Callable[[Transition], None],
    ) -> None:
        self.scheduler = scheduler
        self.orders: deque[Order] = deque()
        self._sequence = count(1)
        self._backlog = Backlog()
        self._deadlines = Deadlines()
        dependencies = Dependencies()
        moves = StatusChanges(scheduler, self._backlog, on_transition)
        self._admission = Admission(self._backlog, dependencies, moves)
        self._attempts = Attempts(scheduler, moves, self._deadlines, self.orders, new_task_id)
        self._adoption = Adoption(self._backlog, dependencies, scheduler, self._attempts)
        self._stops = StopRequests(self.orders, moves.fail)

    # What is asked for.

    def submit(
        self,
        job_id: str,
        spec: JobSpec,
        now: int,
        waits_for: tuple[Job, ...] = (),
        pipelined_on: tuple[Job, ...] = (),
    ) -> Job:
        job = Job(
            root_id=job_id,
            spec=spec,
            sequence=next(self._sequence),
            created_at=now,
            status=JobStatus.SUBMITTED,
            waits_for=waits_for,
            pipelined_on=pipelined_on,
        )
        if spec.array_size is not None:
            job.progress = ArrayProgress(dict.fromkeys(JobStatus, 0), spec.array_size, now)
        self._backlog.submitted.append(job)
        self.scheduler.join(job, now)
        return job

    def adopt(self, job: Job, now: int) -> None:
        """Take in a job of an earlier life; see :meth:`Adoption.adopt`."""
        self._sequence = count(job.sequence + 1)
        self._adoption.adopt(job, now)

    def cancel(self, job: Job, reason: str, now: int) -> None:
        """End a job that has not been placed yet; one that has been goes on undisturbed."""
        self._stops.stop(job, reason, StopKind.CANCEL, now)

    def terminate(self, job: Job, reason: str, now: int) -> None:
        """End a job wherever it is."""
        self._stops.stop(job, reason, StopKind.TERMINATE, now)

    def stop_for_deleted_queue(self, job: Job, now: int) -> None:
        self._stops.stop(job, reasons.QUEUE_DELETED, StopKind.QUEUE_DELETION, now)

    # What is observed.

    def attempt_started(self, job: Job, attempt: Attempt, now: int) -> None:
        """Note that the containers run; the timeout counts from here."""
        self._attempts.started(job, attempt, now)

    def attempt_ended(self, job: Job, attempt: Attempt, end: AttemptEnd, now: int) -> None:
        self._attempts.ended(job, attempt, end, now)

    # What follows.

    def advance(self, now: int, budget: int = EVERYTHING) -> bool:
        """
        Draw the consequences of what has been asked for and observed.

        :param budget: the most jobs to move in this call, so that the caller can do other things in between.
        :return: whether something is left to do.
        """
        while (overdue := self._deadlines.pop_due(now)) is not None:
            self._stops.stop(overdue, reasons.TIMED_OUT, StopKind.TIMEOUT, now)
        while (blocked := self.scheduler.blocked_heads.pop_due(now)) is not None:
            job, limit = blocked
            self._stops.stop(job, reasons.canceled_by_time_limit(limit.reason), StopKind.CANCEL, now)
        while budget > 0 and self._step(now):
            budget -= 1
        return self._stops.has_more or self._backlog.has_more or self.scheduler.has_work

    def next_deadline(self) -> int | None:
        """Return when ``advance`` has something to do at the latest, in milliseconds since the epoch."""
        dues = (self._deadlines.next_due(), self.scheduler.blocked_heads.next_due())
        return min((due for due in dues if due is not None), default=None)

    def _step(self, now: int) -> bool:
        """Move one job; tell whether there was one."""
        backlog = self._backlog
        if self._stops.has_more:
            self._stops.stop_next(now)
        elif backlog.finished:
            self._admission.settle(backlog.finished.popleft(), now)
        elif backlog.broods:
            self._admission.create_children(now)
        elif backlog.unadmitted:
            self._admit_next(now)
        elif backlog.submitted:
            self._admission.evaluate(backlog.submitted.popleft(), now)
        else:
            placement = self.scheduler.place_next(now)
            if placement is None:
                return False
            self._attempts.start(*placement, now)
        return True

    def _admit_next(self, now: int) -> None:
        child = next(self._backlog.unadmitted[0], None)
        if child is None:
            self._backlog.unadmitted.popleft()
        else:
            self._admission.admit(child, now)
