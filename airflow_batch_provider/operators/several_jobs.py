"""How one task submits several jobs that other tasks follow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from airflow_batch_provider.errors import SubmissionCancelledError
from airflow_batch_provider.following.identity import JobIdentity, SubmittedBy
from airflow_batch_provider.following.tags import with_tags
from airflow_batch_provider.operators.connected import identity_of, tags_of
from airflow_batch_provider.operators.follower_states import follower_states
from airflow_batch_provider.operators.publication import published
from airflow_batch_provider.plan.model import PlannedDependency, PlannedJob
from airflow_batch_provider.submission import Outcome, Prior, Submission, submit_workflow
from airflow_batch_provider.triggers.ending import followed_key

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_batch_provider.hooks.batch import BatchHook


class SubmittingTask(Protocol):
    """The part of an operator that is needed here."""

    task_id: str
    was_killed: bool

    @property
    def hook(self) -> BatchHook: ...

    @property
    def log(self) -> Any: ...

    def is_new_work(self, context: Context) -> bool: ...


@dataclass(frozen=True, slots=True)
class SeveralJobs:
    """
    The jobs that a task submits and publishes.

    :param requests: by job key, in topological order; their templates are rendered.
    :param dependencies: by job key.
    :param prefix: what stands before a job key in the id of the task that follows the job.
    :param xcom_key: the XCom's key for a job key.
    """

    requests: Mapping[str, Mapping[str, Any]]
    dependencies: Mapping[str, tuple[PlannedDependency, ...]]
    prefix: str
    xcom_key: Callable[[str], str]

    def submit(self, task: SubmittingTask, context: Context, head: Outcome | None = None) -> None:
        """
        Submit in topological order and publish each outcome.

        :param head: the job that these jobs follow on.
        """
        identities = {
            key: identity_of(context, self.prefix + key, SubmittedBy.SUBMIT) for key in self.requests
        }
        submissions = submit_workflow(
            [
                PlannedJob(key, with_tags(request, tags_of(context, identities[key])), self.dependencies[key])
                for key, request in self.requests.items()
            ],
            task.hook.batch,
            lambda key: identities[key].job_name,
            prior=None if task.is_new_work(context) else self._prior(task, context, identities),
            head=head,
            is_cancelled=lambda: task.was_killed,
        )
        # Closed at once, should a job's id not get published: that terminates what was submitted.
        with closing(submissions):
            self._publish(task, context, submissions)

    def _publish(self, task: SubmittingTask, context: Context, submissions: Iterable[Submission]) -> None:
        for submission in submissions:
            if task.was_killed:
                raise SubmissionCancelledError(
                    f"task '{task.task_id}' was killed while it submitted its workflow"
                )
            context["ti"].xcom_push(key=self.xcom_key(submission.job_key), value=published(submission))
            if submission.is_kept and submission.job is not None:
                followed = followed_key(self.xcom_key(submission.job_key))
                context["ti"].xcom_push(key=followed, value=submission.job.job_id)
            if submission.job is None:
                task.log.error("Job '%s' was not accepted: %s", submission.job_key, submission.refusal)
                continue
            done = "Submitted" if submission.is_new else "Adopted"
            task.log.info("%s job '%s': %s", done, submission.job_key, submission.job.job_id)

    def _prior(
        self, task: SubmittingTask, context: Context, identities: Mapping[str, JobIdentity]
    ) -> dict[str, Prior]:
        """Look up what earlier tries have submitted and whether it is followed."""
        run_prefix = next(iter(identities.values())).run_prefix
        queues = dict.fromkeys(request["jobQueue"] for request in self.requests.values())
        listed = [job for queue in queues for job in task.hook.batch.jobs_named(queue, f"{run_prefix}*")]
        newest_first = sorted(listed, key=lambda job: job.created_at, reverse=True)
        followers = follower_states(context, self._task_ids())
        return {
            key: Prior(
                known=[job for job in newest_first if job.job_name.startswith(identity.job_prefix)],
                follower=followers[self.prefix + key],
            )
            for key, identity in identities.items()
        }

    def _task_ids(self) -> Sequence[str]:
        return [self.prefix + key for key in self.requests]
