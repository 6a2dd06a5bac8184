"""Resumes the jobs of an earlier server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_batch_provider.local.lifecycle import consumables
from airflow_batch_provider.local.lifecycle.admission import NOT_COUNTED
from airflow_batch_provider.local.lifecycle.jobs import Job, JobStatus

if TYPE_CHECKING:
    from airflow_batch_provider.local.lifecycle.attempts import Attempts
    from airflow_batch_provider.local.lifecycle.dependencies import Dependencies
    from airflow_batch_provider.local.lifecycle.scheduler import Scheduler
    from airflow_batch_provider.local.lifecycle.work_queues import WorkQueues


class JobRestorer:
    """Puts restored jobs back to where they were."""

    def __init__(
        self, work: WorkQueues, dependencies: Dependencies, scheduler: Scheduler, attempts: Attempts
    ) -> None:
        self._work = work
        self._dependencies = dependencies
        self._scheduler = scheduler
        self._attempts = attempts

    def restore(self, job: Job, now: int) -> None:
        """
        Resume a job and its children. Restore older jobs first.

        Jobs that were STARTING or RUNNING have lost their host.
        """
        if job.status.is_final:
            return
        self._scheduler.job_submitted(job, now)
        if job.children is None:
            self._resume(job, now)
            return
        self._dependencies.register_children(job)
        self._work.unadmitted.append(iter(job.children))
        if job.progress is not None and job.progress.unfinished == 0:
            # All children have ended, but the array job has not: let the last child end again.
            job.progress.unfinished = 1
            self._work.finished.append(job.children[-1])
        for child in job.children:
            self._resume(child, now)

    def _resume(self, job: Job, now: int) -> None:
        if job.status is JobStatus.SUBMITTED:
            self._work.submitted.append(job)
        elif job.status is JobStatus.PENDING:
            # A PENDING child; `restore` has queued it to be admitted again.
            job.outstanding = NOT_COUNTED
        elif job.status is JobStatus.RUNNABLE:
            self._scheduler.enqueue(job, now)
        elif job.current is not None:
            # The file stores no usage. Acquiring first lets the
            # release deduct a quantity that is not replenishable.
            consumables.acquire(job.spec.consumable_requirements)
            consumables.release(job.spec.consumable_requirements)
            self._attempts.host_lost(job, now)
