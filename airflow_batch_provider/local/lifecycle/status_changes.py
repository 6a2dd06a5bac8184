"""Changes the status of jobs, and updates everything that depends on the status."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from airflow_batch_provider.local.lifecycle.jobs import Job, JobStatus
from airflow_batch_provider.local.lifecycle.messages import Transition

if TYPE_CHECKING:
    from airflow_batch_provider.local.lifecycle.scheduler import Scheduler
    from airflow_batch_provider.local.lifecycle.work_queues import WorkQueues


class StatusChanges:
    """
    The only place that changes the status of a job.

    :param on_transition: called with each transition immediately, in order.
    """

    def __init__(
        self, scheduler: Scheduler, work: WorkQueues, on_transition: Callable[[Transition], None]
    ) -> None:
        self._scheduler = scheduler
        self._work = work
        self._on_transition = on_transition

    def set_status(self, job: Job, new: JobStatus, now: int) -> None:
        """Change the status of a job, and the status counts of its array job."""
        old, job.status = job.status, new
        if job.parent is not None and job.parent.progress is not None:
            progress = job.parent.progress
            progress.counts[old] -= 1
            progress.counts[new] += 1
            progress.updated_at = now
        self._on_transition(Transition(job, old, new, now))

    def make_runnable(self, job: Job, now: int) -> None:
        """Make a job RUNNABLE and add it to its queue."""
        job.status_reason = None
        self.set_status(job, JobStatus.RUNNABLE, now)
        self._scheduler.enqueue(job, now)

    def fail(self, job: Job, reason: str, now: int) -> None:
        """End a job as FAILED, for this ``statusReason``."""
        self.finish(job, JobStatus.FAILED, reason, now)

    def finish(self, job: Job, status: JobStatus, reason: str | None, now: int) -> None:
        """End a job, and queue it so that its dependents are notified."""
        job.stopped_at = now
        job.status_reason = reason
        # Otherwise a chain of dependent jobs would keep each other in memory after they have expired.
        job.waits_for = job.n_to_n_dependencies = ()
        was_runnable = job.status is JobStatus.RUNNABLE
        self.set_status(job, status, now)
        if was_runnable:
            self._scheduler.remove(job, now)
        # Shares count array jobs as one job.
        if job.parent is None:
            self._scheduler.job_ended(job, now)
        self._work.finished.append(job)
