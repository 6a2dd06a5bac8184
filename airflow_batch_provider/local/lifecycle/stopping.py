"""Who may end a job, and when."""

from __future__ import annotations

from enum import Enum, auto

from airflow_batch_provider.local.lifecycle.jobs import Job, JobStatus


class StopKind(Enum):
    """Who wants a job to end."""

    CANCEL = auto()
    TERMINATE = auto()
    TIMEOUT = auto()
    QUEUE_DELETION = auto()


def waits_for_others(job: Job) -> bool:
    """Tell whether a job has dependencies to wait for; until they end, not even a cancelled job does."""
    if job.status is JobStatus.SUBMITTED:
        return bool(job.waits_for)
    return job.status is JobStatus.PENDING and job.unmet != 0


def mark(job: Job, kind: StopKind) -> None:
    """Note on a job that a request to end it has been accepted."""
    if kind is StopKind.CANCEL:
        job.is_cancelled = True
    elif kind is StopKind.TERMINATE:
        job.is_terminated = True
