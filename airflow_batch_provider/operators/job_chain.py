"""The operator of a job that Airflow submits together with the jobs that depend on it in AWS Batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_batch_provider.batch.job import SubmittedJob
from airflow_batch_provider.batch.overrides import merge_overrides
from airflow_batch_provider.batch.request import N_TO_N
from airflow_batch_provider.handover import chain_key
from airflow_batch_provider.operators.job import BatchJobOperator
from airflow_batch_provider.operators.workflow_submission import WorkflowSubmission
from airflow_batch_provider.plan.model import PlannedJob
from airflow_batch_provider.submission import Outcome, Submission

if TYPE_CHECKING:
    from airflow.sdk import Context


class BatchJobChainOperator(BatchJobOperator):
    """
    Submit a job and the jobs that depend on it inside AWS Batch; follow the first one to its end.

    The IDs of the other jobs are published as XComs under ``chain_key``, for the tasks that follow
    them. When the first job is submitted again, so are the others.

    :param head_key: the first job's key in the workflow; the last part of the task ID.
    :param chain: the other jobs, in topological order.
    """

    template_fields: Sequence[str] = ("chain", *BatchJobOperator.template_fields)
    template_fields_renderers: ClassVar[dict[str, str]] = {
        **BatchJobOperator.template_fields_renderers,
        "chain": "json",
    }
    literal_arguments = frozenset({"chain"})

    def __init__(self, *, head_key: str, chain: Sequence[PlannedJob], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.head_key = head_key
        self.chain: dict[str, Any] = {job.key: dict(job.request) for job in chain}
        self.chain_dependencies = {job.key: job.depends_on for job in chain}

    @property
    def allows_partial_retry(self) -> bool:
        """False if children of another job are paired with this job's children: all of them must exist."""
        dependencies = [each for of_job in self.chain_dependencies.values() for each in of_job]
        return not any(each.job_key == self.head_key and each.type == N_TO_N for each in dependencies)

    def take_overrides(self, overrides: Mapping[str, Any]) -> None:
        """Merge members of SubmitJob into the request of every job of the chain."""
        super().take_overrides(overrides)
        self.chain = {key: merge_overrides(request, overrides) for key, request in self.chain.items()}

    def submit_dependent_jobs(self, context: Context, job_id: str, *, is_new: bool) -> None:
        """Submit the other jobs; terminate the first one if that fails."""
        array = self.request.get("arrayProperties")
        head = Outcome(
            PlannedJob(self.head_key, {"arrayProperties": array} if array else {}),
            Submission(self.head_key, SubmittedJob(job_id, self.job_key), is_new=is_new),
        )
        submission = WorkflowSubmission(
            self.chain,
            self.chain_dependencies,
            prefix=self.task_id.removesuffix(self.head_key),
            xcom_key=chain_key,
        )
        try:
            submission.submit(self, context, head)
        # Without its dependent jobs, the first job would succeed,
        # and the tasks of the others would find no job IDs.
        except BaseException:
            self.hook.batch.terminate([job_id], "The jobs that depend on this one could not be submitted")
            raise
