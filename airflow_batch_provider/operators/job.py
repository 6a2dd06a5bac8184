"""The operator that follows a job to its end."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.batch.failures.classification import DEPENDENCY_FAILED
from airflow_batch_provider.errors import SubmissionCancelledError, WaitAbandonedError
from airflow_batch_provider.following.decisions import (
    STARTED_ANEW,
    FollowedJob,
    choose_job_to_follow,
    predecessor,
)
from airflow_batch_provider.following.identity import SubmittedBy
from airflow_batch_provider.following.wait_terms import WaitTerms
from airflow_batch_provider.hooks.job_logger import JobLogger
from airflow_batch_provider.hooks.settings import poll_interval_seconds
from airflow_batch_provider.hooks.translation import airflow_errors
from airflow_batch_provider.hooks.waiting import ended_jobs
from airflow_batch_provider.links.batch import BATCH_LINKS
from airflow_batch_provider.operators.array_retry import array_retry_of, partial_retry, seen_as_held_back
from airflow_batch_provider.operators.connected import identity_of
from airflow_batch_provider.operators.ending import Ending, ends_in_triggerer
from airflow_batch_provider.operators.followed_job_store import record_job, recorded_job
from airflow_batch_provider.operators.publication import adopted_job_id
from airflow_batch_provider.operators.starting import TriggererStart
from airflow_batch_provider.operators.submit_job import BatchSubmitJobOperator
from airflow_batch_provider.operators.task_jobs import find_task_jobs
from airflow_batch_provider.spec.models import ArrayRetry
from airflow_batch_provider.triggers.ending import JOB_ID_XCOM, RETURN_VALUE_XCOM, TO_EXECUTE

if TYPE_CHECKING:
    from airflow.sdk import Context, XComArg

    from airflow_batch_provider.batch.job import JobDescription
    from airflow_batch_provider.operators.publication import PublishedJob

_REASON_MAX: Final = 256
"""How long the reason of TerminateJob may be here, so that AWS's console shows it whole."""


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
    :param runnable_timeout: how long the job may stay RUNNABLE, ready and without a place to run;
        then it is terminated and the task fails. Without it a job waits for a place for ever.
    :param fail_when_misconfigured: terminate a job of which AWS Batch says ``MISCONFIGURATION:…``,
        that is, which no compute environment of its queue can run, and fail without a retry.
    :param end_in_triggerer: let the triggerer end the task when its job has succeeded, without
        another worker (Airflow 3.3 or newer); a task with outlets, or with something to call after
        its success, goes back to a worker all the same.
    :param start_in_triggerer: let the task begin in the triggerer, without any worker where its job
        succeeds at the first try (Airflow 3.3 or newer; elsewhere it has no effect). For DAGs of up to
        about 500 tasks: Airflow hands the whole DAG to each such trigger. Pools and ``on_execute_callback``
        do not apply to it. Needs ``adopt``.
    :param log_lines: lines of each attempt's log to show in the task's log, the last ones;
        ``[batch_provider] log_lines`` of Airflow's configuration unless given.
    :param failed_children_logs: failed children of an array job whose logs are shown; 3 unless given.
    :param exit_codes: what the exit code of the last attempt means, such as
        ``{3: "skip", "64-78": "fail"}``: ``fail`` spends no Airflow retry, ``retry`` spends one,
        ``skip`` skips the task, ``succeed`` lets it succeed. Without a rule a failure is retried
        unless no retry can help it.
    :param array_retry: what an Airflow retry submits of an array job: ``all`` of its children; the
        ``failed`` ones, to which ``sh`` of the image gives the index that they had; or the failed ones
        ``failed_without_shell``, whose program reads ``BATCH_ORIGINAL_ARRAY_INDICES``.
    """

    template_fields: Sequence[str] = ("adopt", *BatchSubmitJobOperator.template_fields)
    operator_extra_links = BATCH_LINKS

    def __init__(
        self,
        *,
        adopt: str | XComArg | PublishedJob | None = None,
        poll_interval_seconds: float | None = None,
        deferrable: bool = True,
        runnable_timeout: timedelta | None = None,
        fail_when_misconfigured: bool = True,
        end_in_triggerer: bool = True,
        start_in_triggerer: bool = False,
        log_lines: int | None = None,
        failed_children_logs: int | None = None,
        exit_codes: Mapping[Any, str] | None = None,
        array_retry: str = ArrayRetry.ALL,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.adopt = adopt
        self.adopts = adopt is not None
        self.poll_interval_seconds = poll_interval_seconds
        self.deferrable = deferrable
        self.runnable_timeout = runnable_timeout
        self.fail_when_misconfigured = fail_when_misconfigured
        self.end_in_triggerer = end_in_triggerer
        self.ending = Ending.of(
            self.task_id,
            log_lines=log_lines,
            failed_children_logs=failed_children_logs,
            exit_codes=exit_codes,
        )
        self.array_retry = array_retry_of(self.task_id, array_retry)
        self.start = (
            TriggererStart.of(self.task_id, adopt, self.connection.to_json()) if start_in_triggerer else None
        )
        if self.start is not None:
            self.start_trigger_args = self._start_trigger_args(self.start)
            self.start_from_trigger = True
        self._followed: FollowedJob | None = None

    def execute(self, context: Context) -> str:
        """Find or submit the job and wait until it has ended."""
        with airflow_errors():
            root = adopted_job_id(self.adopt, self.job_key) if self.adopts else None
            job_id = self._choose(context, root)
        return self._follow(context, root, job_id)

    def _follow(self, context: Context, root: str | None, job_id: str) -> str:
        """Wait for a job, and let the task end as it does."""
        with airflow_errors():
            ti = context["ti"]
            self._followed = FollowedJob(root, job_id, ti.max_tries, ti.try_number, self._since(context))
            self._stop_if_killed()
            record_job(context, self._followed)
            ti.xcom_push(key=JOB_ID_XCOM, value=job_id)
            job = self.hook.batch.describe([job_id]).get(job_id)
        if job is not None and job.status.is_final:
            JobLogger(self.log, self.hook.metrics)(job)
            return self._finish(context, job)
        self._show_links(context, job)
        terms = self._terms(self._followed.since)
        if self.deferrable:
            self._defer(context, job_id, terms)
        with airflow_errors(), self._terminating([job_id]):
            (job,) = self.hook.wait([job_id], poll_interval_seconds(self.poll_interval_seconds), terms)
        return self._finish(context, job)

    def resume(self, context: Context, event: Mapping[str, Any] | str) -> str:
        """Take the job's end from the trigger; an event of an earlier try, cleared since, is none of ours."""
        if not isinstance(event, Mapping):  # `dag.test()` resumes a task that its trigger has ended
            return self._finish(context, self._published_job(context))
        if event.get(TO_EXECUTE) or not self._is_of_this_try(event, context):
            return self.execute(context)
        with airflow_errors(), self._terminating(event.get("job_ids", ())):
            (job,) = ended_jobs(event)
        return self._finish(context, job)

    def on_kill(self) -> None:
        """Terminate the job that this task follows, or is about to submit."""
        super().on_kill()
        if self._followed is not None:
            self.log.info("Terminating job %s, since its task was killed", self._followed.job_id)
            self.hook.batch.terminate([self._followed.job_id], killed_reason(self.task_id))
            self.ending.show_printed(self, [self._followed.job_id])

    def _stop_if_killed(self) -> None:
        """Do what ``on_kill`` could not while it was not known which job to follow."""
        if self.was_killed:
            self.on_kill()
            raise SubmissionCancelledError(f"task '{self.task_id}' was killed before it followed its job")

    def _choose(self, context: Context, root: str | None) -> str:
        """Decide which job to follow, submit it where there is none, and end those that nobody follows."""
        if root is not None and not (self.job_definition and self.job_queue):
            return root  # it cannot be submitted anew: its request is not known here
        identity = identity_of(context, self.job_key, SubmittedBy.JOB)
        found = find_task_jobs(self, context, identity, root)
        if root is not None and found.root is None and self.is_new_work(context):
            return root  # it has just been submitted; DescribeJobs may be a moment behind
        decision = choose_job_to_follow(found)
        if decision.terminate:
            self.log.info("Terminating what earlier tries have left: %s", ", ".join(decision.terminate))
            self.hook.batch.terminate(decision.terminate, f"Task '{self.task_id}' {STARTED_ANEW}")
        if decision.follow is not None:
            return decision.follow
        again = partial_retry(self.hook.batch, self.array_retry, predecessor(found))
        return self.submit(context, identity, [job.job_id for job in (*found.own, *found.others)], again)

    def _since(self, context: Context) -> float:
        """Say when this try began; an event of an earlier one may have woken it since."""
        recorded = None if self.is_new_work(context) else recorded_job(context)
        is_ours = recorded is not None and recorded.try_number == context["ti"].try_number
        return recorded.since if recorded is not None and is_ours else time.time()

    def _terms(self, since: float) -> WaitTerms:
        allowed, runnable = self.execution_timeout, self.runnable_timeout
        return WaitTerms(
            since=since,
            deadline=since + allowed.total_seconds() if allowed else None,
            runnable_seconds=runnable.total_seconds() if runnable else None,
            allows_misconfiguration=not self.fail_when_misconfigured,
        )

    @contextmanager
    def _terminating(self, job_ids: Sequence[str]) -> Iterator[None]:
        """Terminate jobs for which nobody waits any longer."""
        try:
            yield
        except WaitAbandonedError as error:
            self.hook.batch.terminate(job_ids, f"Task '{self.task_id}' has given up: {error}"[:_REASON_MAX])
            self.ending.show_printed(self, job_ids)
            raise type(error)(f"job '{self.job_key}' was terminated: {error}") from None

    def _published_job(self, context: Context) -> JobDescription:
        job_id = context["ti"].xcom_pull(task_ids=self.task_id, key=JOB_ID_XCOM)
        return self.hook.batch.describe([job_id])[job_id]

    def _defer(self, context: Context, job_id: str, terms: WaitTerms) -> None:
        from airflow_batch_provider.triggers.batch import BatchJobTrigger

        arguments = self._trigger_arguments()
        if arguments["ends_task"] and self.do_xcom_push:
            context["ti"].xcom_push(key=RETURN_VALUE_XCOM, value=job_id)
        trigger = BatchJobTrigger(
            job_ids=[job_id],
            token=self._token(context),
            terms=replace(terms, since=time.time()).to_json(),
            **arguments,
        )
        self.defer(trigger=trigger, method_name="resume")

    def _start_trigger_args(self, start: TriggererStart) -> Any:
        runnable = self.runnable_timeout
        return start.trigger_args(
            "resume",
            publishes_result=self.do_xcom_push,
            runnable_seconds=runnable.total_seconds() if runnable else None,
            allows_misconfiguration=not self.fail_when_misconfigured,
            **self._trigger_arguments(),
        )

    def _trigger_arguments(self) -> dict[str, Any]:
        """Say what every trigger of this task is told, wherever its wait begins."""
        return {
            "connection": self.connection.to_json(),
            "poll_interval_seconds": poll_interval_seconds(self.poll_interval_seconds),
            "kill_reason": killed_reason(self.task_id),
            "ends_task": ends_in_triggerer(self, is_wanted=self.end_in_triggerer),
            "log_lines": self.ending.log_lines_max,
        }

    def _token(self, context: Context) -> dict[str, int]:
        return {"try_number": context["ti"].try_number, "epoch": context["ti"].max_tries}

    def _is_of_this_try(self, event: Mapping[str, Any], context: Context) -> bool:
        token: Mapping[str, int] = event.get("token") or {}
        return token.items() <= self._token(context).items()

    def _show_links(self, context: Context, job: JobDescription | None) -> None:
        if job is not None:
            self.point_links_to(context, self.hook.console_reference(job))

    def _submit_if_held_back(self, context: Context, job: JobDescription) -> str | None:
        """
        Submit an array anew whose children only failed with those of another that they depended on.

        This task runs when its upstream tasks have succeeded: what failed there has been made up for,
        while this array's other children were still running.
        """
        can_submit = bool(self.adopts and self.job_definition and self.job_queue)
        if not can_submit or job.has_succeeded or job.job_id != self.adopt:
            return None
        seen = seen_as_held_back(self.hook.batch, job)
        if job.array is None or seen is None or seen.status_reason != DEPENDENCY_FAILED:
            return None
        self.log.info("Job %s failed only with children that it depended on; submitting it anew", job.job_id)
        identity = identity_of(context, self.job_key, SubmittedBy.JOB)
        known = [known.job_id for known in self.jobs_of(identity)]
        return self.submit(context, identity, known, partial_retry(self.hook.batch, self.array_retry, job))

    def _finish(self, context: Context, job: JobDescription) -> str:
        with airflow_errors():
            anew = self._submit_if_held_back(context, job)
        if anew is not None:
            return self._follow(context, job.job_id, anew)
        self._show_links(context, job)
        report = self.ending.show(self, job)
        with airflow_errors():
            self.ending.conclude(self, context, report)
        self.log.info("Job %s '%s' %s", job.job_id, job.job_name, job.status)
        lineage = recorded_job(context)
        if lineage is not None and lineage.job_id == job.job_id:
            record_job(context, replace(lineage, has_succeeded=True))
        return job.job_id


def killed_reason(task_id: str) -> str:
    """Say in AWS Batch why a job was terminated."""
    return f"Task '{task_id}' was killed in Airflow"
