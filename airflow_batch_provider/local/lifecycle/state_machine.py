"""The state machine of jobs: requests and observations in, transitions and commands out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Final

from airflow_batch_provider.local.lifecycle import reasons
from airflow_batch_provider.local.lifecycle.admission import Admission
from airflow_batch_provider.local.lifecycle.attempts import Attempts
from airflow_batch_provider.local.lifecycle.deadlines import Deadlines
from airflow_batch_provider.local.lifecycle.dependencies import Dependencies
from airflow_batch_provider.local.lifecycle.jobs import ArrayProgress, Job, JobSpec, JobStatus
from airflow_batch_provider.local.lifecycle.restoration import JobRestorer
from airflow_batch_provider.local.lifecycle.status_changes import StatusChanges
from airflow_batch_provider.local.lifecycle.stop_requests import StopKind, StopRequests
from airflow_batch_provider.local.lifecycle.work_queues import WorkQueues

if TYPE_CHECKING:
    from airflow_batch_provider.local.lifecycle.messages import Command, Transition
    from airflow_batch_provider.local.lifecycle.scheduler import Scheduler

UNLIMITED: Final = 1 << 62


class Lifecycle:
    """
    All jobs of a Region.

    Requests (``submit``, ``cancel``, …) and observations (``attempts.started``, ``attempts.ended``) only
    record what has happened. ``advance`` derives the consequences, at a cost proportional to their number.

    :param new_task_id: returns 32 random hex digits.
    :param on_transition: called with each change of a status immediately, in order.
    :ivar commands: commands to the runner, in order. The caller removes and executes them.
    :ivar attempts: receives the observations of attempts.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        new_task_id: Callable[[], str],
        on_transition: Callable[[Transition], None],
    ) -> None:
        self.scheduler = scheduler
        self.commands: deque[Command] = deque()
        self._sequence = count(1)
        self._work = WorkQueues()
        self._deadlines = Deadlines()
        dependencies = Dependencies()
        status_changes = StatusChanges(scheduler, self._work, on_transition)
        self.attempts = Attempts(scheduler, status_changes, self._deadlines, self.commands, new_task_id)
        self._admission = Admission(self._work, dependencies, status_changes)
        self._restorer = JobRestorer(self._work, dependencies, scheduler, self.attempts)
        self._stop_requests = StopRequests(self.commands, status_changes.fail)

    # Requests.

    def submit(
        self,
        job_id: str,
        spec: JobSpec,
        now: int,
        waits_for: tuple[Job, ...] = (),
        n_to_n_dependencies: tuple[Job, ...] = (),
    ) -> Job:
        job = Job(
            root_id=job_id,
            spec=spec,
            sequence=next(self._sequence),
            created_at=now,
            status=JobStatus.SUBMITTED,
            waits_for=waits_for,
            n_to_n_dependencies=n_to_n_dependencies,
        )
        if spec.array_size is not None:
            job.progress = ArrayProgress(dict.fromkeys(JobStatus, 0), spec.array_size, now)
        self._work.submitted.append(job)
        self.scheduler.job_submitted(job, now)
        return job

    def restore(self, job: Job, now: int) -> None:
        """Resume a job of an earlier server; see :meth:`JobRestorer.restore`."""
        self._sequence = count(job.sequence + 1)
        self._restorer.restore(job, now)

    def cancel(self, job: Job, reason: str, now: int) -> None:
        """End a job that has not been placed yet; a STARTING or RUNNING job continues."""
        self._stop_requests.stop(job, reason, StopKind.CANCEL, now)

    def terminate(self, job: Job, reason: str, now: int) -> None:
        """End a job, whatever its status."""
        self._stop_requests.stop(job, reason, StopKind.TERMINATE, now)

    def stop_for_deleted_queue(self, job: Job, now: int) -> None:
        """End a job because its queue is being deleted."""
        self._stop_requests.stop(job, reasons.QUEUE_DELETED, StopKind.QUEUE_DELETION, now)

    # Consequences.

    def advance(self, now: int, budget: int = UNLIMITED) -> bool:
        """
        Derive the consequences of requests, observations and elapsed time.

        :param budget: the maximum number of steps, so that the caller can do other work in between. A step
            changes one job.
        :return: whether work is left.
        """
        while (overdue := self._deadlines.pop_due(now)) is not None:
            self._stop_requests.stop(overdue, reasons.TIMED_OUT, StopKind.TIMEOUT, now)
        while (blocked := self.scheduler.blocked_heads.pop_due(now)) is not None:
            job, limit = blocked
            reason = reasons.canceled_by_time_limit(limit.reason)
            self._stop_requests.stop(job, reason, StopKind.CANCEL, now)
        while budget > 0 and self._step(now):
            budget -= 1
        return self._stop_requests.has_more or self._work.has_more or self.scheduler.has_work

    def next_deadline(self) -> int | None:
        """Return when ``advance`` must be called next at the latest, in milliseconds since the epoch."""
        dues = (self._deadlines.next_due(), self.scheduler.blocked_heads.next_due())
        return min((due for due in dues if due is not None), default=None)

    def _step(self, now: int) -> bool:
        """Process one job; return whether there was one to process."""
        # The order matters. Stop requests come first, so that no child of a stopped array is placed. Jobs
        # that have ended come before new children: a child counts only dependencies that have not ended, and
        # each end must be counted once. Placement comes last, when all of these are known.
        work = self._work
        if self._stop_requests.has_more:
            self._stop_requests.stop_next(now)
        elif work.finished:
            self._admission.notify_dependents(work.finished.popleft(), now)
        elif work.pending_children:
            self._admission.create_children(now)
        elif work.unadmitted:
            self._admit_next(now)
        elif work.submitted:
            self._admission.evaluate(work.submitted.popleft(), now)
        else:
            placement = self.scheduler.place_next(now)
            if placement is None:
                return False
            self.attempts.start(*placement, now)
        return True

    def _admit_next(self, now: int) -> None:
        child = next(self._work.unadmitted[0], None)
        if child is None:
            self._work.unadmitted.popleft()
        else:
            self._admission.admit(child, now)
