"""The operator that follows a job to its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider import limits
from airflow_batch_provider.batch.lineage import Lineage, Situation, decide
from airflow_batch_provider.batch.naming import Submitter
from airflow_batch_provider.errors import SubmissionCancelledError
from airflow_batch_provider.hooks.translation import airflow_errors
from airflow_batch_provider.hooks.waiting import ended_jobs, poll_interval_seconds
from airflow_batch_provider.links.batch import BATCH_LINKS
from airflow_batch_provider.operators.connected import identity_of
from airflow_batch_provider.operators.lineage_store import record_lineage, recorded_lineage
from airflow_batch_provider.operators.publication import adopted_job_id
from airflow_batch_provider.operators.submit_job import BatchSubmitJobOperator

if TYPE_CHECKING:
    from airflow.sdk import Context, XComArg

    from airflow_batch_provider.batch.job import JobDescription
    from airflow_batch_provider.batch.naming import JobIdentity
    from airflow_batch_provider.operators.publication import PublishedJob

JOB_ID_XCOM: Final = "job_id"
"""Under this key a job's task publishes the id that it follows, before it waits."""

_LINES_AFTER_SUCCESS: Final = 20


class BatchJobOperator(BatchSubmitJobOperator):
    """
    Follow a job to its end: one that another task submitted, or one that this task submits.

    The job id is published as XCom ``job_id`` before the wait and is the task's result. While
    the job runs the task is deferred and takes no worker slot.

    :param adopt: the id of a job that is submitted already: ``submit.output``, or a
        ``PublishedJob``; without it this task submits the job described by its other arguments.
    :param poll_interval_seconds: from one look at the job to the next, shared by all who wait;
        ``[batch_provider] poll_interval_seconds`` of Airflow's configuration unless given.
    :param deferrable: False waits in the worker.
    """

    template_fields: Sequence[str] = ("adopt", *BatchSubmitJobOperator.template_fields)
    operator_extra_links = BATCH_LINKS

    def __init__(
        self,
        *,
        adopt: str | XComArg | PublishedJob | None = None,
        poll_interval_seconds: float | None = None,
        deferrable: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.adopt = adopt
        self.adopts = adopt is not None
        self.poll_interval_seconds = poll_interval_seconds
        self.deferrable = deferrable
        self._lineage: Lineage | None = None

    def execute(self, context: Context) -> str:
        """Find or submit the job and wait until it has ended."""
        with airflow_errors():
            root = adopted_job_id(self.adopt, self.job_key) if self.adopts else None
            job_id = self._choose(context, root)
            self._lineage = Lineage(root, job_id, context["ti"].max_tries)
            self._stop_if_killed()
            record_lineage(context, self._lineage)
            context["ti"].xcom_push(key=JOB_ID_XCOM, value=job_id)
            job = self.hook.batch.describe([job_id]).get(job_id)
        if job is not None and job.status.is_final:
            return self._finish(context, job)
        self._show_links(context, job)
        if self.deferrable:
            self._defer(context, job_id)
        with airflow_errors():
            (job,) = self.hook.wait([job_id], poll_interval_seconds(self.poll_interval_seconds))
        return self._finish(context, job)

    def resume(self, context: Context, event: dict[str, Any]) -> str:
        """Take the job's end from the trigger; an event of an earlier try, cleared since, is none of ours."""
        if event.get("token", self._token(context)) != self._token(context):
            return self.execute(context)
        with airflow_errors():
            (job,) = ended_jobs(event)
        return self._finish(context, job)

    def on_kill(self) -> None:
        """Terminate the job that this task follows, or is about to submit."""
        super().on_kill()
        if self._lineage is not None:
            self.log.info("Terminating job %s, since its task was killed", self._lineage.job_id)
            self.hook.batch.terminate([self._lineage.job_id], killed_reason(self.task_id))

    def _stop_if_killed(self) -> None:
        """Do what ``on_kill`` could not while it was not known which job to follow."""
        if self.was_killed:
            self.on_kill()
            raise SubmissionCancelledError(f"task '{self.task_id}' was killed before it followed its job")

    def _choose(self, context: Context, root: str | None) -> str:
        """Decide which job to follow, submit it where there is none, and end those that nobody follows."""
        if root is not None and not (self.job_definition and self.job_queue):
            return root  # it cannot be submitted anew: its request is not known here
        identity = identity_of(context, self.job_key, Submitter.JOB)
        found = self._situation(context, identity, root)
        if root is not None and found.root is None and self.is_new_work(context):
            return root  # it has just been submitted; DescribeJobs may be a moment behind
        decision = decide(found)
        if decision.terminate:
            self.log.info("Terminating what earlier tries have left: %s", ", ".join(decision.terminate))
            self.hook.batch.terminate(decision.terminate, f"Task '{self.task_id}' has been started anew")
        if decision.follow is not None:
            return decision.follow
        return self.submit(identity, [job.job_id for job in (*found.own, *found.others)])

    def _situation(self, context: Context, identity: JobIdentity, root: str | None) -> Situation:
        is_new_work = self.is_new_work(context)
        summaries = [] if is_new_work else self.jobs_of(identity)[: limits.DESCRIBE_JOBS_MAX - 2]
        recorded = None if is_new_work else recorded_lineage(context)
        known = [root, recorded.job_id if recorded else None, *(job.job_id for job in summaries)]
        ids = list(dict.fromkeys(job_id for job_id in known if job_id))
        described = self.hook.batch.describe(ids)
        jobs = [described[job_id] for job_id in ids if job_id in described and job_id != root]
        own = [job for job in jobs if self._is_of_this_epoch(job, identity, recorded)]
        return Situation(
            epoch=context["ti"].max_tries,
            is_first_try=self.is_first_try(context),
            root=described.get(root) if root else None,
            recorded=recorded,
            own=sorted(own, key=lambda job: job.created_at or 0, reverse=True),
            others=[job for job in jobs if job not in own],
        )

    def _is_of_this_epoch(self, job: JobDescription, identity: JobIdentity, recorded: Lineage | None) -> bool:
        if recorded is not None and recorded.job_id == job.job_id:
            return recorded.epoch == identity.epoch
        return job.job_name == self._name(identity)

    def _defer(self, context: Context, job_id: str) -> None:
        from airflow_batch_provider.triggers.batch import BatchJobTrigger

        trigger = BatchJobTrigger(
            job_ids=[job_id],
            connection=self.connection.to_json(),
            poll_interval_seconds=poll_interval_seconds(self.poll_interval_seconds),
            token=self._token(context),
            kill_reason=killed_reason(self.task_id),
        )
        self.defer(trigger=trigger, method_name="resume")

    def _token(self, context: Context) -> dict[str, int]:
        return {"try_number": context["ti"].try_number, "epoch": context["ti"].max_tries}

    def _show_links(self, context: Context, job: JobDescription | None) -> None:
        if job is not None:
            self.point_links_to(context, self.hook.console_reference(job))

    def _finish(self, context: Context, job: JobDescription) -> str:
        self._show_links(context, job)
        with airflow_errors():
            if not job.has_succeeded:
                raise self.hook.failure_of(job, self.job_key)
        for line in self.hook.logs.tail(job, _LINES_AFTER_SUCCESS):
            self.log.info("%s", line)
        self.log.info("Job %s '%s' succeeded", job.job_id, job.job_name)
        lineage = recorded_lineage(context)
        if lineage is not None and lineage.job_id == job.job_id:
            record_lineage(context, replace(lineage, has_succeeded=True))
        return job.job_id


def killed_reason(task_id: str) -> str:
    """Say in AWS Batch why a job was terminated."""
    return f"Task '{task_id}' was killed in Airflow"
