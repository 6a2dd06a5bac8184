"""The operator that submits a whole workflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_batch_provider.batch.overrides import merge_overrides
from airflow_batch_provider.hooks.translation import airflow_errors
from airflow_batch_provider.operators.connected import COMMON_FIELDS
from airflow_batch_provider.operators.follower_states import has_followers
from airflow_batch_provider.operators.request_rendering import RequestRenderingOperator
from airflow_batch_provider.operators.workflow_submission import WorkflowSubmission

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_batch_provider.plan.model import WorkflowPlan


class BatchSubmitWorkflowOperator(RequestRenderingOperator):
    """
    Submit the jobs of a workflow, each with the job IDs of its dependencies in ``dependsOn``.

    The task publishes each job's ID as an XCom under the job key. If AWS Batch refuses a job, it
    publishes the reason, and the job's own task submits the job; the other jobs run. The task does not
    submit jobs that the plan leaves to their own tasks.

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
        """Submit the jobs in topological order and publish each outcome."""
        group = self.task_id.rpartition(".")[0]
        submission = WorkflowSubmission(
            self.jobs, self.dependencies, prefix=f"{group}." if group else "", xcom_key=lambda key: key
        )
        with airflow_errors():
            submission.submit(self, context)

    @property
    def may_outlive_run(self) -> bool:
        """Whether this is a task of your own DAG whose jobs no task follows."""
        return self.spec_digest is None and not has_followers(self)

    def take_overrides(self, overrides: Mapping[str, Any]) -> None:
        """Merge members of SubmitJob into the request of every job."""
        self.jobs = {key: merge_overrides(request, overrides) for key, request in self.jobs.items()}

    def on_kill(self) -> None:
        """Let a submission in progress terminate the jobs that it has submitted."""
        self.was_killed = True
