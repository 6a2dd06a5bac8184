"""The operator that terminates jobs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow_batch_provider.errors import RequestError
from airflow_batch_provider.handover import entries_of
from airflow_batch_provider.hooks.translation import airflow_errors
from airflow_batch_provider.operators.connected import COMMON_FIELDS, ConnectedOperator

if TYPE_CHECKING:
    from airflow.sdk import Context, XComArg


class BatchTerminateJobsOperator(ConnectedOperator):
    """
    Terminate jobs, whatever their status; ignore jobs that have ended or do not exist.

    :param job_id: the ID of a job, an array job or an array child, a list of such IDs, or
        ``other.output``, also of a mapped task.
    :param reason: the status reason that AWS Batch gives the jobs.
    """

    template_fields: Sequence[str] = ("job_id", "reason", *COMMON_FIELDS)
    ui_color = "#f3d2d2"

    def __init__(
        self,
        *,
        job_id: str | Sequence[str] | XComArg,
        reason: str = "Terminated by Airflow task {{ ti.task_id }} of {{ ti.dag_id }}",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.job_id = job_id
        self.reason = reason

    def execute(self, context: Context) -> None:  # noqa: ARG002
        """Terminate the jobs, fifty per call."""
        given: Any = self.job_id  # rendered by now
        # A task that was skipped has no result, and no job to terminate.
        is_missing = given is None or (isinstance(given, str) and given in ("", "None"))
        job_ids = [] if is_missing else list(entries_of(given))
        with airflow_errors():
            if not all(isinstance(job_id, str) and job_id for job_id in job_ids):
                raise RequestError(
                    f"task '{self.task_id}': job_id must be a job ID or a list of job IDs, not {given!r}"
                )
            self.hook.batch.terminate(list(dict.fromkeys(job_ids)), self.reason)
