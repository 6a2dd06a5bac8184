"""The operator of a job that Airflow starts, and of the jobs that AWS Batch starts behind it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_batch_provider.batch.job import SubmittedJob
from airflow_batch_provider.batch.overrides import merge_overrides
from airflow_batch_provider.batch.request import N_TO_N
from airflow_batch_provider.following.identity import JobIdentity
from airflow_batch_provider.operators.job import BatchJobOperator
from airflow_batch_provider.operators.publication import chain_key
from airflow_batch_provider.operators.several_jobs import SeveralJobs
from airflow_batch_provider.operators.submit_job import Reshape
from airflow_batch_provider.plan.model import PlannedJob
from airflow_batch_provider.submission import Outcome, Submission

if TYPE_CHECKING:
    from airflow.sdk import Context


class BatchJobChainOperator(BatchJobOperator):
    """
    Submit a job together with the jobs that depend on it inside AWS Batch; follow the first to its end.

    The ids of the others are published as XComs under ``chain_key``, for the tasks that follow
    them. When the job is submitted anew, so are they.

    :param head_key: the job's key in the workflow; the task id's last part.
    :param chain: the other jobs, in topological order.
    """

    template_fields: Sequence[str] = ("chain", *BatchJobOperator.template_fields)
    template_fields_renderers: ClassVar[dict[str, str]] = {
        **BatchJobOperator.template_fields_renderers,
        "chain": "json",
    }

    def __init__(self, *, head_key: str, chain: Sequence[PlannedJob], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.head_key = head_key
        self.chain: dict[str, Any] = {job.key: dict(job.request) for job in chain}
        self.chain_dependencies = {job.key: job.depends_on for job in chain}
        self._is_submitted_anew = False

    def take_overrides(self, overrides: Mapping[str, Any]) -> None:
        """Lay members of SubmitJob over those of every job of the chain."""
        super().take_overrides(overrides)
        self.chain = {key: merge_overrides(request, overrides) for key, request in self.chain.items()}

    def submit(
        self,
        context: Context,
        identity: JobIdentity,
        known_ids: Collection[str],
        reshape: Reshape | None = None,
    ) -> str:
        """
        Submit the job, and remember that the others must follow.

        It runs as a whole where children of the others are about to be paired with its own.
        """
        paired = [each for others in self.chain_dependencies.values() for each in others]
        is_paired = any(each.job_key == self.head_key and each.type == N_TO_N for each in paired)
        job_id = super().submit(context, identity, known_ids, None if is_paired else reshape)
        self._is_submitted_anew = True
        return job_id

    def _choose(self, context: Context, root: str | None) -> str:
        """Find or submit the job, and then those behind it; without them it does not run either."""
        job_id = super()._choose(context, root)
        try:
            self._submit_chain(context, job_id)
        except BaseException:
            self.hook.batch.terminate([job_id], "The jobs behind this one could not be submitted")
            raise
        return job_id

    def _submit_chain(self, context: Context, job_id: str) -> None:
        request = {"arrayProperties": self.array_properties} if self.array_properties else {}
        submission = Submission(
            self.head_key, SubmittedJob(job_id, self.job_key), is_new=self._is_submitted_anew
        )
        several = SeveralJobs(
            self.chain,
            self.chain_dependencies,
            prefix=self.task_id.removesuffix(self.head_key),
            xcom_key=chain_key,
        )
        several.submit(self, context, Outcome(PlannedJob(self.head_key, request), submission))
