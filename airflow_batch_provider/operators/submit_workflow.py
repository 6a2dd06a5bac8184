"""The operator that submits a whole workflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_batch_provider.batch.naming import JobIdentity, Submitter
from airflow_batch_provider.errors import SubmissionCancelledError
from airflow_batch_provider.hooks.translation import airflow_errors
from airflow_batch_provider.operators.connected import ConnectedOperator, identity_of
from airflow_batch_provider.operators.publication import published
from airflow_batch_provider.operators.watching import watches_of
from airflow_batch_provider.plan.model import PlannedJob, WorkflowPlan
from airflow_batch_provider.submission import Prior, Submission, submit_workflow

if TYPE_CHECKING:
    from airflow.sdk import Context


class BatchSubmitWorkflowOperator(ConnectedOperator):
    """
    Submit all jobs of a workflow, each with the ids that its dependencies have just got.

    Publishes every job's id as XCom under its job key; where AWS Batch refused a job, what it
    said, which the job's own task then raises. The other jobs run.

    :param plan: the planned workflow.
    """

    template_fields: Sequence[str] = ("jobs",)
    template_fields_renderers: ClassVar[dict[str, str]] = {"jobs": "json"}
    ui_color = "#f5e1c8"

    def __init__(self, *, plan: WorkflowPlan, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.jobs: dict[str, Any] = {job.key: dict(job.request) for job in plan.jobs}
        self.dependencies = {job.key: job.depends_on for job in plan.jobs}
        self.was_killed = False

    def execute(self, context: Context) -> None:
        """Submit in topological order and publish each outcome."""
        identities = {key: identity_of(context, self._task_of(key), Submitter.SUBMIT) for key in self.jobs}
        jobs = [PlannedJob(key, request, self.dependencies[key]) for key, request in self.jobs.items()]
        with airflow_errors():
            submissions = submit_workflow(
                jobs,
                self.hook.batch,
                lambda key: identities[key].job_name,
                prior=None if self.is_new_work(context) else self._prior(context, identities),
                is_cancelled=lambda: self.was_killed,
            )
            # Closed at once, should a job's id not get published: that terminates what was submitted.
            with closing(submissions):
                for submission in submissions:
                    self._publish(context, submission)

    def on_kill(self) -> None:
        """Let the submission, wherever it is, terminate what it has started."""
        self.was_killed = True

    def _publish(self, context: Context, submission: Submission) -> None:
        if self.was_killed:
            raise SubmissionCancelledError(
                f"task '{self.task_id}' was killed while it submitted its workflow"
            )
        context["ti"].xcom_push(key=submission.job_key, value=published(submission))
        if submission.job is None:
            self.log.error("Job '%s' was not accepted: %s", submission.job_key, submission.refusal)
            return
        done = "Submitted" if submission.is_new else "Adopted"
        self.log.info("%s job '%s': %s", done, submission.job_key, submission.job.job_id)

    def _task_of(self, job_key: str) -> str:
        """Find the task that follows a job: it stands in the same task group."""
        group = self.task_id.rpartition(".")[0]
        return f"{group}.{job_key}" if group else job_key

    def _prior(self, context: Context, identities: Mapping[str, JobIdentity]) -> dict[str, Prior]:
        """Look up what earlier tries have submitted and whether it is followed."""
        run_prefix = next(iter(identities.values())).run_prefix
        queues = dict.fromkeys(request["jobQueue"] for request in self.jobs.values())
        listed = [job for queue in queues for job in self.hook.batch.jobs_named(queue, f"{run_prefix}*")]
        newest_first = sorted(listed, key=lambda job: job.created_at, reverse=True)
        watches = watches_of(context, [self._task_of(key) for key in identities])
        return {
            key: Prior(
                known=[job for job in newest_first if job.job_name.startswith(identity.job_prefix)],
                watch=watches[self._task_of(key)],
            )
            for key, identity in identities.items()
        }
