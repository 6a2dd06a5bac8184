"""On a host: attempts, from the order to start one to what follows from its end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from airflow_batch_provider.local.lifecycle import reasons
from airflow_batch_provider.local.lifecycle.capacity import ComputeEnvironment
from airflow_batch_provider.local.lifecycle.containers import ContainerState
from airflow_batch_provider.local.lifecycle.deadlines import Deadlines
from airflow_batch_provider.local.lifecycle.effects import AttemptEnd, Order, StartAttempt
from airflow_batch_provider.local.lifecycle.jobs import Attempt, Job, JobStatus
from airflow_batch_provider.local.lifecycle.moves import StatusChanges
from airflow_batch_provider.local.lifecycle.scheduler import Scheduler


class Attempts:
    """
    Starts attempts and notes what becomes of them.

    :param orders: where the runner is told to start one.
    :param new_task_id: makes 32 hex digits.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        moves: StatusChanges,
        deadlines: Deadlines,
        orders: deque[Order],
        new_task_id: Callable[[], str],
    ) -> None:
        self._scheduler = scheduler
        self._moves = moves
        self._deadlines = deadlines
        self._orders = orders
        self._new_task_id = new_task_id

    def start(self, job: Job, environment: ComputeEnvironment, now: int) -> None:
        if job.spec.dispatch_failure is not None:
            self._scheduler.release(job, environment, now)
            self._moves.fail(job, job.spec.dispatch_failure, now)
            return
        attempt = Attempt(len(job.attempts) + 1, environment, self._new_task_id())
        if len(job.spec.containers) > 1:
            attempt.containers = tuple(ContainerState() for _ in job.spec.containers)
        job.current = attempt
        job.status_reason = None
        self._moves.move(job, JobStatus.STARTING, now)
        self._orders.append(StartAttempt(job, attempt))

    def started(self, job: Job, attempt: Attempt, now: int) -> None:
        """Note that the containers run; the timeout counts from here."""
        if job.current is not attempt or job.status is not JobStatus.STARTING:
            return
        attempt.started_at = job.started_at = now
        self._moves.move(job, JobStatus.RUNNING, now)
        if job.spec.timeout_seconds is not None:
            self._deadlines.add(now + job.spec.timeout_seconds * 1000, job, attempt)

    def ended(self, job: Job, attempt: Attempt, end: AttemptEnd, now: int) -> None:
        if job.current is not attempt:
            return
        attempt.exit_code = end.exit_code
        attempt.reason = end.reason
        for state in attempt.containers:
            if state.has_started and not state.is_over:
                state.exit_code, state.reason = end.exit_code, end.reason
        self._scheduler.release(job, attempt.environment, now)
        self._conclude(job, attempt, end.status_reason, now)

    def lost(self, job: Job, now: int) -> None:
        """Note that the host of a job went away with an earlier life of the server."""
        if job.current is not None:
            status_reason = reasons.host_terminated(reasons.LOST_INSTANCE)
            self._conclude(job, job.current, status_reason, now)

    def _conclude(self, job: Job, attempt: Attempt, status_reason: str, now: int) -> None:
        """Put an attempt on record, and draw the consequences for its job."""
        attempt.stopped_at = now
        attempt.status_reason = status_reason = job.stop_reason or status_reason
        job.attempts = (*job.attempts, attempt)
        job.current = None
        if job.stop_reason is not None:
            self._moves.fail(job, job.stop_reason, now)
        elif attempt.exit_code == 0:
            self._moves.finish(job, JobStatus.SUCCEEDED, status_reason, now)
        elif job.spec.retry.allows_another(attempt.number, status_reason, attempt.reason, attempt.exit_code):
            self._moves.make_runnable(job, now)
        else:
            self._moves.fail(job, status_reason, now)
