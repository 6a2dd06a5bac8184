"""The lifecycle itself: requests and observations in, transitions and orders out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from itertools import count
from typing import Final

from airflow_batch_provider.local.lifecycle import consumables, reasons
from airflow_batch_provider.local.lifecycle.capacity import ComputeEnvironment
from airflow_batch_provider.local.lifecycle.deadlines import Deadlines
from airflow_batch_provider.local.lifecycle.dependencies import Dependencies
from airflow_batch_provider.local.lifecycle.effects import (
    AttemptEnd,
    Order,
    StartAttempt,
    Transition,
)
from airflow_batch_provider.local.lifecycle.jobs import (
    ArrayProgress,
    Attempt,
    Job,
    JobSpec,
    JobStatus,
)
from airflow_batch_provider.local.lifecycle.scheduler import Scheduler
from airflow_batch_provider.local.lifecycle.stopping import StopKind, Stops

EVERYTHING: Final = 1 << 62
UNCOUNTED: Final = -1
"""Outstanding dependencies of a child that has not been admitted yet."""


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
        self._new_task_id = new_task_id
        self._on_transition = on_transition
        self._dependencies = Dependencies()
        self._deadlines = Deadlines()
        self._sequence = count(1)
        self._submitted: deque[Job] = deque()
        self._finished: deque[Job] = deque()
        self._newborn: deque[Iterator[Job]] = deque()
        self._stops = Stops(self.orders, self._fail)

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
        self._submitted.append(job)
        self.scheduler.join(job, now)
        return job

    def adopt(self, job: Job, now: int) -> None:
        """
        Take in a job of an earlier life: after those that are older, and with its children.

        Whatever had an attempt has lost its host.
        """
        self._sequence = count(job.sequence + 1)
        if job.status.is_final:
            return
        self.scheduler.join(job, now)
        if job.children is None:
            self._resume(job, now)
            return
        self._dependencies.register_children(job)
        self._newborn.append(iter(job.children))
        if job.progress is not None and job.progress.unfinished == 0:
            job.progress.unfinished = 1
            self._finished.append(job.children[-1])
        for child in job.children:
            self._resume(child, now)

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
        """Note that the container runs; the timeout counts from here."""
        if job.current is not attempt or job.status is not JobStatus.STARTING:
            return
        attempt.started_at = job.started_at = now
        self._move(job, JobStatus.RUNNING, now)
        if job.spec.timeout_seconds is not None:
            self._deadlines.add(now + job.spec.timeout_seconds * 1000, job, attempt)

    def attempt_ended(self, job: Job, attempt: Attempt, end: AttemptEnd, now: int) -> None:
        if job.current is not attempt:
            return
        attempt.stopped_at = now
        attempt.exit_code = end.exit_code
        attempt.reason = end.reason
        attempt.status_reason = job.stop_reason or end.status_reason
        job.attempts = (*job.attempts, attempt)
        job.current = None
        self.scheduler.release(job, attempt.environment, now)
        self._after_attempt(job, attempt, now)

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
        return bool(
            self._stops.has_more
            or self._submitted
            or self._newborn
            or self._finished
            or self.scheduler.has_work
        )

    def next_deadline(self) -> int | None:
        """Return when ``advance`` has something to do at the latest, in milliseconds since the epoch."""
        dues = (self._deadlines.next_due(), self.scheduler.blocked_heads.next_due())
        return min((due for due in dues if due is not None), default=None)

    def _step(self, now: int) -> bool:
        if self._stops.has_more:
            self._stops.stop_next(now)
            return True
        if self._finished:
            self._settle(self._finished.popleft(), now)
            return True
        if self._newborn:
            child = next(self._newborn[0], None)
            if child is None:
                self._newborn.popleft()
            else:
                self._admit(child, now)
            return True
        if self._submitted:
            self._evaluate(self._submitted.popleft(), now)
            return True
        placement = self.scheduler.place_next(now)
        if placement is None:
            return False
        self._start(*placement, now)
        return True

    # From SUBMITTED to RUNNABLE.

    def _evaluate(self, job: Job, now: int) -> None:
        if job.status is not JobStatus.SUBMITTED:
            return
        has_hope = self._dependencies.register(job)
        if job.unmet or job.is_array or not has_hope:
            self._move(job, JobStatus.PENDING, now)
        if not has_hope:
            self._fail(job, reasons.DEPENDENT_JOB_FAILED, now)
        elif job.unmet == 0:
            self._release(job, now)

    def _release(self, job: Job, now: int) -> None:
        """Let a job go on whose dependencies have all been met."""
        job.waits_for = ()
        if job.stop_reason is not None:
            self._fail(job, job.stop_reason, now)
        elif job.is_array:
            self._spawn(job, now)
        else:
            self._make_runnable(job, now)

    def _make_runnable(self, job: Job, now: int) -> None:
        job.status_reason = None
        self._move(job, JobStatus.RUNNABLE, now)
        self.scheduler.enqueue(job, now)

    def _spawn(self, array: Job, now: int) -> None:
        """Let the children of an array job be born; they are admitted one by one."""
        size = array.spec.array_size or 0
        array.children = tuple(
            Job(
                array.root_id,
                array.spec,
                array.sequence,
                now,
                JobStatus.PENDING,
                index,
                array,
                unmet=UNCOUNTED,
            )
            for index in range(size)
        )
        if array.progress is not None:
            array.progress.counts[JobStatus.PENDING] = size
            array.progress.updated_at = now
        self._dependencies.register_children(array)
        self._newborn.append(iter(array.children))

    def _admit(self, child: Job, now: int) -> None:
        """Let a newborn child wait for what is outstanding; it may have been stopped already."""
        if child.status is not JobStatus.PENDING:
            return
        if not self._dependencies.count_for_child(child):
            self._fail(child, reasons.DEPENDENT_JOB_FAILED, now)
        elif child.unmet == 0:
            self._release(child, now)

    # On a host.

    def _start(self, job: Job, environment: ComputeEnvironment, now: int) -> None:
        if job.spec.dispatch_failure is not None:
            self.scheduler.release(job, environment, now)
            self._finish(job, JobStatus.FAILED, job.spec.dispatch_failure, now)
            return
        attempt = Attempt(len(job.attempts) + 1, environment, self._new_task_id())
        job.current = attempt
        job.status_reason = None
        self._move(job, JobStatus.STARTING, now)
        self.orders.append(StartAttempt(job, attempt))

    def _after_attempt(self, job: Job, attempt: Attempt, now: int) -> None:
        status_reason = attempt.status_reason or reasons.CONTAINER_EXITED
        if job.stop_reason is not None:
            self._fail(job, job.stop_reason, now)
        elif attempt.exit_code == 0:
            self._finish(job, JobStatus.SUCCEEDED, status_reason, now)
        elif job.spec.retry.allows_another(attempt.number, status_reason, attempt.reason, attempt.exit_code):
            self._make_runnable(job, now)
        else:
            self._fail(job, status_reason, now)

    def _resume(self, job: Job, now: int) -> None:
        """Let a job of an earlier life go on from where it was."""
        if job.status is JobStatus.SUBMITTED:
            self._submitted.append(job)
        elif job.status is JobStatus.PENDING:
            job.unmet = UNCOUNTED
        elif job.status is JobStatus.RUNNABLE:
            self.scheduler.enqueue(job, now)
        elif job.current is not None:
            attempt, job.current = job.current, None
            attempt.stopped_at = now
            attempt.status_reason = job.stop_reason or reasons.host_terminated(reasons.LOST_INSTANCE)
            job.attempts = (*job.attempts, attempt)
            consumables.hold(job.spec.needs)
            consumables.give_back(job.spec.needs)
            self._after_attempt(job, attempt, now)

    # Ends.

    def _fail(self, job: Job, reason: str, now: int) -> None:
        self._finish(job, JobStatus.FAILED, reason, now)

    def _finish(self, job: Job, status: JobStatus, reason: str | None, now: int) -> None:
        job.stopped_at = now
        job.status_reason = reason
        job.waits_for = job.pipelined_on = ()
        is_waiting = job.status is JobStatus.RUNNABLE
        self._move(job, status, now)
        if is_waiting:
            self.scheduler.leave(job, now)
        if job.parent is None:
            self.scheduler.finish(job, now)
        self._finished.append(job)

    def _settle(self, finished: Job, now: int) -> None:
        """Tell everyone who waits for a job that it has ended."""
        has_succeeded = finished.status is JobStatus.SUCCEEDED
        for waiting in self._dependencies.waiting_on(finished):
            if waiting.status is not JobStatus.PENDING:
                continue
            waiting.unmet -= 1
            if not has_succeeded:
                self._fail(waiting, reasons.DEPENDENT_JOB_FAILED, now)
            elif waiting.unmet == 0:
                self._release(waiting, now)
        if finished.parent is not None:
            self._count_finished_child(finished.parent, now)

    def _count_finished_child(self, array: Job, now: int) -> None:
        progress = array.progress
        if progress is None:
            return
        progress.unfinished -= 1
        if progress.unfinished > 0:
            return
        if progress.counts[JobStatus.FAILED]:
            self._fail(array, reasons.ARRAY_CHILD_FAILED, now)
        else:
            self._finish(array, JobStatus.SUCCEEDED, None, now)

    def _move(self, job: Job, new: JobStatus, now: int) -> None:
        old, job.status = job.status, new
        if job.parent is not None and job.parent.progress is not None:
            progress = job.parent.progress
            progress.counts[old] -= 1
            progress.counts[new] += 1
            progress.updated_at = now
        self._on_transition(Transition(job, old, new, now))
