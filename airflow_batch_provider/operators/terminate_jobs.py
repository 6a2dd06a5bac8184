"""The operator that ends jobs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow_batch_provider.errors import RequestError
from airflow_batch_provider.hooks.translation import airflow_errors
from airflow_batch_provider.operators.connected import COMMON_FIELDS, ConnectedOperator

if TYPE_CHECKING:
    from airflow.sdk import Context, XComArg


class BatchTerminateJobsOperator(ConnectedOperator):
    """
    Terminate jobs, whatever their status; those that have ended or are unknown stay as they are.

    :param job_id: id of a job, an array job or an array child, or a list of such ids, or
        ``other.output``.
    :param reason: becomes the status reason of the jobs.
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
        """Terminate them, fifty in a call."""
        given: Any = self.job_id  # rendered by now
        job_ids = [given] if isinstance(given, str) else list(dict.fromkeys(given or ()))
        with airflow_errors():
            if not all(isinstance(job_id, str) and job_id for job_id in job_ids):
                raise RequestError(f"the task '{self.task_id}' got {given!r} as job_id; it needs ids of jobs")
            self.hook.batch.terminate(job_ids, self.reason)
