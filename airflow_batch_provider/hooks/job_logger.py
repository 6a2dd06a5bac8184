"""Tells a task's log what becomes of jobs, for people and for machines."""

from __future__ import annotations

from typing import Any

from airflow_batch_provider.batch.change_filter import ChangeFilter
from airflow_batch_provider.batch.failures.classification import classify
from airflow_batch_provider.batch.job import JobDescription, JobStatus
from airflow_batch_provider.hooks.metrics import JobMetrics


class JobLogger:
    """
    Writes one record for each transition of a job, and now and then one of an array's progress.

    The text is for people. What stands beside it is for machines: Airflow writes task logs as
    JSON lines, in which each member is a key of its own.

    :param log: a logger of Airflow's, which takes members as keywords.
    :param metrics: where the end of jobs is counted; None where they are somebody else's.
    """

    def __init__(
        self, log: Any, metrics: JobMetrics | None = None, *, narrator: ChangeFilter | None = None
    ) -> None:
        self._log = log
        self._metrics = metrics
        self._narrator = narrator or ChangeFilter()

    def __call__(self, job: JobDescription) -> None:
        """Tell of a job that has changed."""
        is_transition = self._narrator.is_transition(job)
        if self._narrator.is_news(job):
            members = transition(job) if is_transition else {}
            self._log.info("%s", job, **members)
        if is_transition and job.status.is_final and self._metrics is not None:
            self._metrics.ended(job)


def transition(job: JobDescription) -> dict[str, Any]:
    """
    Describe a transition: which job, where it came to, and how long it has queued and run by then.

    What is not known is left out. ``queue_seconds`` is from its submission to the start of its last
    attempt, ``run_seconds`` from there to its end.
    """
    members = {
        "job_id": job.job_id,
        "job_name": job.job_name,
        "job_queue": job.job_queue.rpartition("/")[2],
        "job_status": str(job.status),
        "job_status_reason": job.status_reason,
        "attempt": job.attempts_made or None,
        "exit_code": job.exit_code,
        "failure_class": str(classify(job).kind) if job.status is JobStatus.FAILED else None,
        "queue_seconds": job.queue_seconds,
        "run_seconds": job.run_seconds,
    }
    return {name: value for name, value in members.items() if value is not None}
