"""The operator of a job that Airflow submits together with the jobs that depend on it in AWS Batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

from airflow_batch_provider.batch.job import JobStatus, JobSummary, SubmittedJob
from airflow_batch_provider.batch.overrides import merge_overrides
from airflow_batch_provider.batch.request import N_TO_N
from airflow_batch_provider.handover import chain_key
from airflow_batch_provider.operators.job import BatchJobOperator
from airflow_batch_provider.operators.workflow_submission import WorkflowSubmission
from airflow_batch_provider.plan.model import PlannedJob
from airflow_batch_provider.submission import Outcome, Submission

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_batch_provider.operators.job_submission import TaskJobSubmitter

_INCOMPLETE: Final = "The submission of the jobs that depend on this one was not completed"


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

    def take_overrides(self, overrides: Mapping[str, Any]) -> None:
        """Merge members of SubmitJob into the request of every job of the chain."""
        super().take_overrides(overrides)
        self.chain = {key: merge_overrides(request, overrides) for key, request in self.chain.items()}

    def submit_dependent_jobs(self, context: Context, job_id: str, submitter: TaskJobSubmitter) -> None:
        """
        Submit the other jobs; terminate the first one if that fails.

        If the first job runs only some children again, and children of another job are paired with its
        children, the other jobs are kept: the children that have succeeded need not run again. The task
        of each job that has failed submits it again once its upstream tasks have succeeded.
        """
        is_partial = self._is_partial(job_id, submitter)
        submission = WorkflowSubmission(
            self.chain,
            self.chain_dependencies,
            prefix=self.task_id.removesuffix(self.head_key),
            xcom_key=chain_key,
        )
        try:
            if is_partial and self._is_paired and submission.keep(self, context):
                return
            submission.submit(self, context, self._head(job_id, submitter, is_partial=is_partial))
        # Without its dependent jobs, the first job would succeed,
        # and the tasks of the others would find no job IDs.
        except BaseException:
            self.hook.batch.terminate([job_id], _INCOMPLETE)
            raise

    @property
    def _is_paired(self) -> bool:
        dependencies = [each for of_job in self.chain_dependencies.values() for each in of_job]
        return any(each.job_key == self.head_key and each.type == N_TO_N for each in dependencies)

    def _is_partial(self, job_id: str, submitter: TaskJobSubmitter) -> bool:
        """Whether the first job runs only some children of its array again."""
        if submitter.has_submitted:
            return submitter.has_reshaped
        job = self.hook.batch.describe([job_id]).get(job_id)
        return job is not None and job.subset is not None

    def _head(self, job_id: str, submitter: TaskJobSubmitter, *, is_partial: bool) -> Outcome:
        array = self.request.get("arrayProperties")
        planned = PlannedJob(self.head_key, {"arrayProperties": array} if array else {})
        # A job that was listed with another size than the whole array is not paired with other arrays.
        listed = JobSummary(job_id, "", JobStatus.SUBMITTED, array_size=0) if is_partial else None
        submission = Submission(
            self.head_key,
            SubmittedJob(job_id, self.job_key),
            is_new=submitter.has_submitted,
            adopted=listed,
        )
        return Outcome(planned, submission)
