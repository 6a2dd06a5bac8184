"""Attempts of jobs on a host: their start, their end, and what follows from it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from airflow_batch_provider.local.lifecycle import reasons
from airflow_batch_provider.local.lifecycle.containers import ContainerState
from airflow_batch_provider.local.lifecycle.jobs import Attempt, Job, JobStatus
from airflow_batch_provider.local.lifecycle.messages import AttemptEnd, Command, StartAttempt

if TYPE_CHECKING:
    from airflow_batch_provider.local.lifecycle.capacity import ComputeEnvironment
    from airflow_batch_provider.local.lifecycle.deadlines import Deadlines
    from airflow_batch_provider.local.lifecycle.scheduler import Scheduler
    from airflow_batch_provider.local.lifecycle.status_changes import StatusChanges


class Attempts:
    """
    Starts attempts and records their progress.

    :param commands: receives the commands to start attempts.
    :param new_task_id: returns 32 random hex digits.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        status_changes: StatusChanges,
        deadlines: Deadlines,
        commands: deque[Command],
        new_task_id: Callable[[], str],
    ) -> None:
        self._scheduler = scheduler
        self._status_changes = status_changes
        self._deadlines = deadlines
        self._commands = commands
        self._new_task_id = new_task_id

    def start(self, job: Job, environment: ComputeEnvironment, now: int) -> None:
        """Start an attempt of a job that was placed, or fail the job if it cannot be dispatched."""
        # ECS rejects such a task, which AWS Batch only learns after placing the job.
        if job.spec.dispatch_failure is not None:
            self._scheduler.release(job, environment, now)
            self._status_changes.fail(job, job.spec.dispatch_failure, now)
            return
        attempt = Attempt(len(job.attempts) + 1, environment, self._new_task_id())
        if len(job.spec.containers) > 1:
            attempt.containers = tuple(ContainerState() for _ in job.spec.containers)
        job.current = attempt
        job.status_reason = None
        self._status_changes.set_status(job, JobStatus.STARTING, now)
        self._commands.append(StartAttempt(job, attempt))

    def started(self, job: Job, attempt: Attempt, now: int) -> None:
        """Record that the containers run; the timeout starts now."""
        if job.current is not attempt or job.status is not JobStatus.STARTING:
            return
        attempt.started_at = job.started_at = now
        self._status_changes.set_status(job, JobStatus.RUNNING, now)
        if job.spec.timeout_seconds is not None:
            self._deadlines.add(now + job.spec.timeout_seconds * 1000, job, attempt)

    def ended(self, job: Job, attempt: Attempt, end: AttemptEnd, now: int) -> None:
        """Record the end of an attempt, and release its resources."""
        # A late report: the attempt has been replaced or its host was lost.
        if job.current is not attempt:
            return
        attempt.exit_code = end.exit_code
        attempt.reason = end.reason
        for state in attempt.containers:
            if state.has_started and not state.is_over:
                state.exit_code, state.reason = end.exit_code, end.reason
        self._scheduler.release(job, attempt.environment, now)
        self._conclude(job, attempt, end.status_reason, now)

    def host_lost(self, job: Job, now: int) -> None:
        """Record that the host of a job disappeared together with an earlier server."""
        if job.current is not None:
            status_reason = reasons.host_terminated(reasons.LOST_INSTANCE)
            self._conclude(job, job.current, status_reason, now)

    def _conclude(self, job: Job, attempt: Attempt, status_reason: str, now: int) -> None:
        """Add an attempt to the job's history, then end the job or make it RUNNABLE again."""
        attempt.stopped_at = now
        attempt.status_reason = status_reason = job.stop_reason or status_reason
        job.attempts = (*job.attempts, attempt)
        job.current = None
        # Before the exit code: a stopped job is FAILED even if its program handles SIGTERM and exits with 0,
        # and it is never retried (https://docs.aws.amazon.com/batch/latest/userguide/job_retries.html).
        if job.stop_reason is not None:
            self._status_changes.fail(job, job.stop_reason, now)
        elif attempt.exit_code == 0:
            self._status_changes.finish(job, JobStatus.SUCCEEDED, status_reason, now)
        elif job.spec.retry.allows_another(attempt.number, status_reason, attempt.reason, attempt.exit_code):
            self._status_changes.make_runnable(job, now)
        else:
            self._status_changes.fail(job, status_reason, now)
