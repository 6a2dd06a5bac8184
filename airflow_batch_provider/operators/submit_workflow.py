"""The operator that submits a whole workflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_batch_provider.batch.overrides import merge_overrides
from airflow_batch_provider.hooks.translation import airflow_errors
from airflow_batch_provider.operators.connected import COMMON_FIELDS, ConnectedOperator
from airflow_batch_provider.operators.several_jobs import SeveralJobs
from airflow_batch_provider.plan.model import WorkflowPlan

if TYPE_CHECKING:
    from airflow.sdk import Context


class BatchSubmitWorkflowOperator(ConnectedOperator):
    """
    Submit the jobs of a workflow, each with the ids that its dependencies have just got.

    Publishes every job's id as XCom under its job key; where AWS Batch refused a job, what it
    said, which the job's own task then raises. The other jobs run. Jobs that the plan leaves to
    their own tasks are not submitted.

    :param plan: the planned workflow.
    """

    template_fields: Sequence[str] = ("jobs", *COMMON_FIELDS)
    template_fields_renderers: ClassVar[dict[str, str]] = {"jobs": "json"}
    ui_color = "#f5e1c8"

    def __init__(self, *, plan: WorkflowPlan, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        jobs = plan.first_submission
        self.jobs: dict[str, Any] = {job.key: dict(job.request) for job in jobs}
        self.dependencies = {job.key: job.depends_on for job in jobs}
        self.was_killed = False

    def execute(self, context: Context) -> None:
        """Submit in topological order and publish each outcome."""
        group = self.task_id.rpartition(".")[0]
        several = SeveralJobs(
            self.jobs, self.dependencies, prefix=f"{group}." if group else "", xcom_key=lambda key: key
        )
        with airflow_errors():
            several.submit(self, context)

    def take_overrides(self, overrides: Mapping[str, Any]) -> None:
        """Lay members of SubmitJob over those of every job."""
        self.jobs = {key: merge_overrides(request, overrides) for key, request in self.jobs.items()}

    def on_kill(self) -> None:
        """Let the submission, wherever it is, terminate what it has started."""
        self.was_killed = True
