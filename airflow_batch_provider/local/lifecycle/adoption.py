"""Jobs of an earlier life of the server, taken in again."""

from __future__ import annotations

from airflow_batch_provider.local.lifecycle import consumables
from airflow_batch_provider.local.lifecycle.admission import UNCOUNTED
from airflow_batch_provider.local.lifecycle.attempts import Attempts
from airflow_batch_provider.local.lifecycle.backlog import Backlog
from airflow_batch_provider.local.lifecycle.dependencies import Dependencies
from airflow_batch_provider.local.lifecycle.jobs import Job, JobStatus
from airflow_batch_provider.local.lifecycle.scheduler import Scheduler


class Adoption:
    """Lets jobs go on from where they were."""

    def __init__(
        self, backlog: Backlog, dependencies: Dependencies, scheduler: Scheduler, attempts: Attempts
    ) -> None:
        self._backlog = backlog
        self._dependencies = dependencies
        self._scheduler = scheduler
        self._attempts = attempts

    def adopt(self, job: Job, now: int) -> None:
        """Take in a job with its children, after those that are older; what ran has lost its host."""
        if job.status.is_final:
            return
        self._scheduler.join(job, now)
        if job.children is None:
            self._resume(job, now)
            return
        self._dependencies.register_children(job)
        self._backlog.unadmitted.append(iter(job.children))
        if job.progress is not None and job.progress.unfinished == 0:
            job.progress.unfinished = 1
            self._backlog.finished.append(job.children[-1])
        for child in job.children:
            self._resume(child, now)

    def _resume(self, job: Job, now: int) -> None:
        if job.status is JobStatus.SUBMITTED:
            self._backlog.submitted.append(job)
        elif job.status is JobStatus.PENDING:
            job.unmet = UNCOUNTED
        elif job.status is JobStatus.RUNNABLE:
            self._scheduler.enqueue(job, now)
        elif job.current is not None:
            consumables.hold(job.spec.needs)
            consumables.give_back(job.spec.needs)
            self._attempts.lost(job, now)
