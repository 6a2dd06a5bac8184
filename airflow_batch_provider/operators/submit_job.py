"""The operator that submits one job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_batch_provider.batch.console import ConsoleReference
from airflow_batch_provider.following.decisions import FollowerState, decide_submission
from airflow_batch_provider.following.identity import SubmittedBy
from airflow_batch_provider.following.terminations import superseded
from airflow_batch_provider.handover import RETURN_VALUE_XCOM, followed_key
from airflow_batch_provider.hooks.translation import airflow_errors
from airflow_batch_provider.links.batch import BatchJobLink
from airflow_batch_provider.operators.dependencies import lacks_job
from airflow_batch_provider.operators.follower_states import (
    adopts_a_job,
    follower_states,
    has_followers,
)
from airflow_batch_provider.operators.job_request import JobRequestOperator
from airflow_batch_provider.operators.job_submission import TaskJobSubmitter
from airflow_batch_provider.operators.skipped_upstream import (
    skipped_upstream,
    terminate_if_upstream_is_skipped,
)
from airflow_batch_provider.operators.xcoms import publish_links

if TYPE_CHECKING:
    from airflow.sdk import Context


class BatchSubmitJobOperator(JobRequestOperator):
    """
    Submit a job and publish its job ID, without waiting for the job to end.

    Takes the arguments of ``JobRequestOperator``. The task's result is the job ID.
    """

    operator_extra_links = (BatchJobLink(),)
    is_planned = False
    """Whether the task that follows the job can submit it, after the jobs on which it depends."""
    upstream_that_may_skip: tuple[str, ...] = ()
    """The tasks that follow the jobs on which this one depends, if their ``exit_codes`` may skip them."""

    def execute(self, context: Context) -> str | None:
        """
        Submit the job, or adopt the one that an earlier try submitted; return its ID.

        Return None, and leave the job to the task that follows it, if a job on which it depends was not
        submitted, for example because a user marked that job's submitting task as success, or if the task
        that follows such a job was skipped.
        """
        self.leave_out_skipped_dependencies(context)
        current = self.current_try(context)
        submitter = TaskJobSubmitter(self, current, SubmittedBy.SUBMIT)
        with airflow_errors():
            known = [] if current.is_new_work else submitter.find_jobs()
            follower = FollowerState.PENDING if current.is_new_work else self._follower_state(context)
            decision = decide_submission(submitter.identity.job_name, known, follower)
            if decision.follow is None and self.is_planned and lacks_job(self):
                self.log.info(
                    "An upstream task published no job ID for depends_on. The task that follows job '%s' "
                    "submits it when its upstream tasks have succeeded",
                    self.job_key,
                )
                return None
            if decision.follow is None and (skipped := skipped_upstream(self, context)) is not None:
                self.log.info("Job '%s' is not submitted: task '%s' was skipped", self.job_key, skipped)
                return None
            if decision.terminate:
                self.hook.batch.terminate(decision.terminate, superseded(self.task_id, decision.follow))
            job_id = decision.follow or submitter.submit([job.job_id for job in known])
            terminate_if_upstream_is_skipped(self, context, job_id)
        # Airflow deletes the XComs of this task when it starts again, and with them the record that the job
        # was followed. The task that follows the job still needs it.
        if decision.follow is not None and follower is not FollowerState.PENDING:
            context["ti"].xcom_push(key=followed_key(RETURN_VALUE_XCOM), value=job_id)
        reference = ConsoleReference(self.hook.conn_region_name, self.hook.conn_partition, job_id)
        publish_links(self, context, reference)
        return job_id

    @property
    def may_outlive_run(self) -> bool:
        """Whether this is a task of your own DAG whose job no task follows."""
        return self.spec_digest is None and not has_followers(self)

    def _follower_state(self, context: Context) -> FollowerState:
        """Return the state of the tasks that follow this job; a watching task takes precedence."""
        followers = [task.task_id for task in self.downstream_list if adopts_a_job(task)]
        states = set(follower_states(context, followers).values())
        in_order = (FollowerState.WATCHING, FollowerState.PENDING, FollowerState.ENDED)
        return next((state for state in in_order if state in states), FollowerState.PENDING)
