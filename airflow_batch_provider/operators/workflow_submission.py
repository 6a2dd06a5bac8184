"""Submit several jobs in one task and publish their IDs for the tasks that follow them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_batch_provider.batch.job import SubmittedJob
from airflow_batch_provider.errors import SubmissionCancelledError
from airflow_batch_provider.following.identity import JobIdentity, SubmittedBy
from airflow_batch_provider.following.tags import with_tags
from airflow_batch_provider.handover import followed_key, published_value
from airflow_batch_provider.operators.follower_states import follower_states
from airflow_batch_provider.plan.model import PlannedDependency, PlannedJob, waits_for
from airflow_batch_provider.submission import Outcome, Prior, Submission, submit_workflow

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_batch_provider.operators.roles import BatchTask


@dataclass(frozen=True, slots=True)
class WorkflowSubmission:
    """
    The jobs that a task submits and publishes.

    :param requests: by job key, in topological order; their templates are rendered.
    :param dependencies: by job key.
    :param prefix: precedes a job key in the ID of the task that follows the job.
    :param xcom_key: returns the XCom's key for a job key.
    """

    requests: Mapping[str, Mapping[str, Any]]
    dependencies: Mapping[str, tuple[PlannedDependency, ...]]
    prefix: str
    xcom_key: Callable[[str], str]

    def submit(self, task: BatchTask, context: Context, head: Outcome | None = None) -> None:
        """
        Submit the jobs in topological order and publish each outcome.

        :param head: the already submitted job on which these jobs depend.
        """
        current, identities = task.current_try(context), self._identities(task, context)
        submissions = submit_workflow(
            [
                PlannedJob(
                    key,
                    with_tags(request, current.tags(identities[key], waits_for(self.dependencies[key]))),
                    self.dependencies[key],
                )
                for key, request in self.requests.items()
            ],
            task.hook.batch,
            lambda key: identities[key].job_name,
            prior=None if current.is_new_work else self._prior(task, context, identities),
            head=head,
            is_cancelled=lambda: task.was_killed,
            # The task of a head follows its job; the tasks of refused jobs submit them.
            is_last_try=current.is_last or head is not None,
        )
        # If a job ID cannot be published, closing the generator terminates the submitted jobs.
        with closing(submissions):
            self._publish(task, context, submissions)

    def keep(self, task: BatchTask, context: Context) -> bool:
        """
        Publish the newest existing job of each job key, whatever its status.

        :returns: False if there is none for some job key; then nothing is published.
        """
        prior = self._prior(task, context, self._identities(task, context))
        if not all(each.known for each in prior.values()):
            return False
        kept = {key: each.known[0] for key, each in prior.items()}
        submissions = [
            Submission(key, SubmittedJob(job.job_id, job.job_name), is_new=False) for key, job in kept.items()
        ]
        self._publish(task, context, submissions)
        return True

    def _identities(self, task: BatchTask, context: Context) -> dict[str, JobIdentity]:
        current = task.current_try(context)
        return {key: current.identity(self.prefix + key, SubmittedBy.SUBMIT) for key in self.requests}

    def _publish(self, task: BatchTask, context: Context, submissions: Iterable[Submission]) -> None:
        for submission in submissions:
            if task.was_killed:
                raise SubmissionCancelledError(
                    f"task '{task.task_id}' was killed while submitting its workflow; "
                    "its submitted jobs are being terminated"
                )
            key, job = self.xcom_key(submission.job_key), submission.job
            # Publish refusals too: the task of a refused job then submits it.
            value = published_value(job.job_id if job is not None else None, submission.refusal)
            context["ti"].xcom_push(key=key, value=value)
            if job is None:
                task.log.error("Job '%s' was not submitted: %s", submission.job_key, submission.refusal)
                continue
            # Airflow deletes the XComs of this task when it starts again, and with them the record that the
            # job was followed. The task that follows the job still needs it.
            if submission.is_kept:
                context["ti"].xcom_push(key=followed_key(key), value=job.job_id)
            done = "Submitted" if submission.is_new else "Adopted"
            task.log.info("%s job '%s': %s", done, submission.job_key, job.job_id)

    def _prior(
        self, task: BatchTask, context: Context, identities: Mapping[str, JobIdentity]
    ) -> dict[str, Prior]:
        """Find the jobs that earlier tries submitted, and the states of the tasks that follow them."""
        # One listing per queue instead of one per job: the names of all jobs of a run share a prefix.
        run_prefix = next(iter(identities.values())).run_prefix
        queues = dict.fromkeys(request["jobQueue"] for request in self.requests.values())
        listed = [
            job for queue in queues for job in task.hook.batch.list_jobs_by_name(queue, f"{run_prefix}*")
        ]
        newest_first = sorted(listed, key=lambda job: job.created_at, reverse=True)
        followers = follower_states(context, [self.prefix + key for key in self.requests])
        return {
            key: Prior(
                known=[job for job in newest_first if job.job_name.startswith(identity.job_prefix)],
                follower=followers[self.prefix + key],
            )
            for key, identity in identities.items()
        }
