"""Log the progress of jobs to a task's log, as text and as structured fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_batch_provider.batch.change_filter import ChangeFilter
from airflow_batch_provider.batch.failures.classification import classify
from airflow_batch_provider.batch.job import JobDescription, JobStatus

if TYPE_CHECKING:
    from airflow_batch_provider.hooks.metrics import JobMetrics


class JobLogger:
    """
    Log one record for each transition of a job, and records of an array job's progress at intervals.

    A transition also has structured fields: Airflow writes task logs as JSON lines, in which each
    field is a key of its own.

    :param log: an Airflow logger, which accepts fields as keywords.
    :param metrics: counts ended jobs; None if another task counts them.
    :param change_filter: selects the changes to log.
    """

    def __init__(
        self, log: Any, metrics: JobMetrics | None = None, *, change_filter: ChangeFilter | None = None
    ) -> None:
        self._log = log
        self._metrics = metrics
        self._change_filter = change_filter or ChangeFilter()

    def __call__(self, job: JobDescription) -> None:
        """Log a changed job, and count it if it has ended."""
        is_transition = self._change_filter.is_transition(job)
        if self._change_filter.should_log(job):
            fields = transition_fields(job) if is_transition else {}
            self._log.info("%s", job, **fields)
        if is_transition and job.status.is_final and self._metrics is not None:
            self._metrics.record_end(job)


def transition_fields(job: JobDescription) -> dict[str, Any]:
    """
    Return the structured fields of a transition: the job, its new status and its timings.

    Unknown values are left out. ``queue_seconds`` is the time from the submission to the start of the
    last attempt, ``run_seconds`` the duration of that attempt.
    """
    fields = {
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
    return {name: value for name, value in fields.items() if value is not None}
