"""From one status to the next, and what is counted with every step."""

from __future__ import annotations

from collections.abc import Callable

from airflow_batch_provider.local.lifecycle.backlog import Backlog
from airflow_batch_provider.local.lifecycle.effects import Transition
from airflow_batch_provider.local.lifecycle.jobs import Job, JobStatus
from airflow_batch_provider.local.lifecycle.scheduler import Scheduler


class StatusChanges:
    """
    The only ones who change the status of a job.

    :param on_transition: told of every change at once, in order.
    """

    def __init__(
        self, scheduler: Scheduler, backlog: Backlog, on_transition: Callable[[Transition], None]
    ) -> None:
        self._scheduler = scheduler
        self._backlog = backlog
        self._on_transition = on_transition

    def move(self, job: Job, new: JobStatus, now: int) -> None:
        old, job.status = job.status, new
        if job.parent is not None and job.parent.progress is not None:
            progress = job.parent.progress
            progress.counts[old] -= 1
            progress.counts[new] += 1
            progress.updated_at = now
        self._on_transition(Transition(job, old, new, now))

    def make_runnable(self, job: Job, now: int) -> None:
        job.status_reason = None
        self.move(job, JobStatus.RUNNABLE, now)
        self._scheduler.enqueue(job, now)

    def fail(self, job: Job, reason: str, now: int) -> None:
        self.finish(job, JobStatus.FAILED, reason, now)

    def finish(self, job: Job, status: JobStatus, reason: str | None, now: int) -> None:
        job.stopped_at = now
        job.status_reason = reason
        job.waits_for = job.pipelined_on = ()
        is_waiting = job.status is JobStatus.RUNNABLE
        self.move(job, status, now)
        if is_waiting:
            self._scheduler.leave(job, now)
        if job.parent is None:
            self._scheduler.finish(job, now)
        self._backlog.finished.append(job)
