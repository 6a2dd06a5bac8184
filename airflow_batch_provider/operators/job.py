"""The operator that follows a job to its end."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow_batch_provider.errors import SubmissionCancelledError
from airflow_batch_provider.following.identity import SubmittedBy
from airflow_batch_provider.following.terminations import kill_reason
from airflow_batch_provider.handover import (
    JOB_ID_XCOM,
    RETURN_VALUE_XCOM,
    TryToken,
    WaitEvent,
    load_followed_job,
    map_index_of,
)
from airflow_batch_provider.hooks.settings import poll_interval_seconds
from airflow_batch_provider.hooks.translation import airflow_errors
from airflow_batch_provider.links.batch import BATCH_LINKS
from airflow_batch_provider.operators.array_retry import parse_array_retry
from airflow_batch_provider.operators.closed_upstream import ClosedUpstream
from airflow_batch_provider.operators.end_policy import EndPolicy, ends_in_triggerer
from airflow_batch_provider.operators.job_follower import JobFollower
from airflow_batch_provider.operators.job_request import JobRequestOperator
from airflow_batch_provider.operators.job_submission import TaskJobSubmitter
from airflow_batch_provider.operators.publication import published_job
from airflow_batch_provider.operators.task_jobs import find_or_submit_job, resubmit_held_back_job
from airflow_batch_provider.operators.triggerer_start import TriggererStart, publisher_of, starts_in_worker
from airflow_batch_provider.spec.models import ArrayRetry

if TYPE_CHECKING:
    from airflow.sdk import Context, XComArg

    from airflow_batch_provider.batch.job import JobDescription
    from airflow_batch_provider.handover import PublishedJob


class BatchJobOperator(JobRequestOperator):
    """
    Follow a job to its end: a job that another task submitted, or one that this task submits.

    Takes the arguments of ``JobRequestOperator`` as well. The task publishes the job ID as XCom
    ``job_id`` before it waits, and returns it as its result. While the job runs, the task is deferred
    and takes no worker slot.

    :param adopt: the ID of a job that another task submitted: ``submit.output``, or a
        ``PublishedJob``. Without it, this task submits the job that its other arguments describe.
    :param runnable_timeout: how long the job may stay RUNNABLE. After that the job is terminated and the task
        fails. By default, there is no limit.
    :param refused_timeout: how long AWS may refuse the credentials of the connection while the task waits.
        After that the task fails and leaves the job running; its next try finds the job. By default
        ``[batch_provider] refused_timeout``.
    :param fail_when_misconfigured: terminate a job whose status reason is ``MISCONFIGURATION:…``
        (no compute environment of its queue can run it) and fail without a retry.
    :param end_in_triggerer: let the triggerer end the task when its job has succeeded, without
        another worker (Airflow 3.3 or later). A task with outlets or a success callback
        always returns to a worker.
    :param start_in_triggerer: start the task in the triggerer; it needs no worker if its job succeeds on
    the first try (Airflow 3.3 or later; no effect in earlier versions). Requires
        ``adopt``. Recommended only for DAGs of up to about 500 tasks, because Airflow passes the whole DAG
        to each such
        trigger. Pools do not apply to the task, and ``queue`` and ``executor`` apply only to the parts of
        it that run in a worker. A task with ``on_execute_callback`` or ``map_index_template``, and one that
        is mapped with ``expand()``, starts in a worker all the same; in a mapped task group, a task starts
        in the triggerer.
    :param log_lines: the number of last lines of each attempt's log to copy into the task's log;
        by default ``[batch_provider] log_lines``.
    :param failed_children_logs: the number of failed children of an array job whose logs are shown; 3 by
        default.
    :param exit_codes: what the exit code of the last attempt means, for example
        ``{3: "skip", "64-78": "fail"}``. ``fail`` fails the task without a retry, ``retry`` uses an Airflow
        retry,
        ``skip`` skips the task, ``succeed`` lets it succeed. Other failures use a retry
        unless a retry cannot succeed.
    :param array_retry: what an Airflow retry submits of an array job: ``all`` children; the
        ``failed`` ones, which get their original index through ``sh`` in the image; or the failed ones
        ``failed_without_shell``, whose program reads ``BATCH_ORIGINAL_ARRAY_INDICES``.
    :param dependent_queues: the other job queues in which jobs may depend on this one inside AWS Batch. If
        the task is skipped, those jobs are terminated; if it fails, its log says how far they are.
    """

    template_fields: Sequence[str] = ("adopt", "dependent_queues", *JobRequestOperator.template_fields)
    operator_extra_links = BATCH_LINKS

    def __init__(
        self,
        *,
        adopt: str | XComArg | PublishedJob | None = None,
        runnable_timeout: timedelta | None = None,
        refused_timeout: timedelta | None = None,
        fail_when_misconfigured: bool = True,
        end_in_triggerer: bool = True,
        start_in_triggerer: bool = False,
        log_lines: int | None = None,
        failed_children_logs: int | None = None,
        exit_codes: Mapping[Any, str] | None = None,
        array_retry: str = ArrayRetry.ALL,
        dependent_queues: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.adopt = adopt
        self.adopts = adopt is not None
        self.publisher = publisher_of(adopt)
        self.is_planned = False
        self.runnable_timeout = runnable_timeout
        self.refused_timeout = refused_timeout
        self.fail_when_misconfigured = fail_when_misconfigured
        self.end_in_triggerer = end_in_triggerer
        self.end_policy = EndPolicy.parse(
            self.task_id,
            log_lines=log_lines,
            failed_children_logs=failed_children_logs,
            exit_codes=exit_codes,
        )
        self.array_retry = parse_array_retry(self.task_id, array_retry)
        self.dependent_queues = dependent_queues
        self.has_dependent_jobs = True  # the plan of a workflow knows better
        self.start: TriggererStart | None = None
        # Airflow takes the trigger's arguments of a mapped task from the class, so that the task starts in a
        # worker. There, Airflow creates this object with the mapped values.
        is_mapped = getattr(self, "_BaseOperator__from_mapped", False)
        if start_in_triggerer and not is_mapped and not starts_in_worker(self):
            self.start = TriggererStart.parse(self.task_id, adopt, self.connection.to_json())
            self.start_trigger_args = self._start_trigger_args(self.start)
            self.start_from_trigger = True
        self._follower: JobFollower | None = None
        self._closed: ClosedUpstream | None = None

    def close_upstream(self, remedy: str) -> None:
        """
        Refuse upstream tasks and gates that are added from now on: the job starts without them.

        :param remedy: what the author can do instead.
        """
        self.is_planned = True
        if self.publisher is not None:
            known = frozenset(self.upstream_task_ids)
            self._closed = ClosedUpstream(self.publisher.task_id, known, remedy.format(self.job_key))

    def resolve_template_files(self) -> None:
        """
        Check the finished DAG; Airflow calls this for each task when it has loaded the DAG file.

        :raises RequestError: a task or a setting that was added later would not hold the job back.
        """
        super().resolve_template_files()
        if self._closed is not None:
            self._closed.check(self)

    def execute(self, context: Context) -> str:
        """Find or submit the job and wait until it has ended; return its ID."""
        self.leave_out_skipped_dependencies(context)
        submitter = TaskJobSubmitter(self, self.current_try(context), SubmittedBy.JOB)
        with airflow_errors():
            root = published_job(self, context, submitter) if self.adopts else None
            job_id = find_or_submit_job(self, context, submitter, root)
            # Before the wait: AWS Batch starts the dependent
            # jobs as soon as this one succeeds, without Airflow.
            self.submit_dependent_jobs(context, job_id, submitter)
        return self._follow(context, root, job_id)

    def submit_dependent_jobs(self, context: Context, job_id: str, submitter: TaskJobSubmitter) -> None:
        """
        Submit the jobs that depend on this one inside AWS Batch, if this task submits them too.

        :param submitter: knows whether this try has submitted job ``job_id``.
        """

    def resume(self, context: Context, event: Mapping[str, Any] | str) -> str:
        """Continue with the event of the trigger; ignore the event of an earlier try."""
        if not isinstance(event, Mapping):  # in `dag.test()`, the trigger has already ended the task
            return self._finish(context, self._published_job(context))
        ended, current = WaitEvent.from_json(event), self.current_try(context)
        # Clearing a running task keeps its next_method, so that
        # Airflow passes the event of the old try to the new one.
        if ended.must_execute or (ended.token is not None and not ended.token.matches(current.token)):
            return self.execute(context)
        with airflow_errors(), self._new_follower(context).terminating(ended.abandoned_job_ids):
            (job,) = ended.ended_jobs()
        return self._finish(context, job)

    def start_again(self, context: Context) -> str:
        """Follow the job that this try has followed, after the trigger has failed."""
        followed = load_followed_job(context)
        is_of_this_try = (
            followed is None
            or TryToken(followed.try_number, followed.epoch) == self.current_try(context).token
        )
        job_id = self._published_job_id(context)
        if job_id is None or not is_of_this_try:
            return self.execute(context)
        adopted = self.adopt if self.adopts and isinstance(self.adopt, str) else None
        return self._follow(context, followed.root if followed is not None else adopted, job_id)

    def on_kill(self) -> None:
        """Terminate the job that this task follows, or is about to submit."""
        super().on_kill()
        if self._follower is not None:
            self._follower.kill()

    def stop_if_killed(self) -> None:
        """Terminate the job if ``on_kill`` ran before the job was known."""
        if self.was_killed:
            self.on_kill()
            raise SubmissionCancelledError(
                f"task '{self.task_id}' was killed before it started following its job; the job was "
                "terminated"
            )

    def _follow(
        self, context: Context, root: str | None, job_id: str, *, is_resubmitted: bool = False
    ) -> str:
        follower = self._new_follower(context)
        with airflow_errors():
            job = follower.start(root, job_id, is_resubmitted=is_resubmitted)
        # DescribeJobs may not show a new job yet; the poller tolerates that.
        if job is None or not job.status.is_final:
            if self.deferrable:
                self._defer(context, job_id, follower)
            with airflow_errors():
                job = follower.wait(job_id)
        return self._finish(context, job)

    def _new_follower(self, context: Context) -> JobFollower:
        self._follower = JobFollower(self, context, self.current_try(context))
        return self._follower

    def _finish(self, context: Context, job: JobDescription) -> str:
        with airflow_errors():
            resubmitted = resubmit_held_back_job(self, context, job)
        if resubmitted is not None:
            return self._follow(context, job.job_id, resubmitted, is_resubmitted=True)
        with airflow_errors():
            (self._follower or self._new_follower(context)).conclude(job)
        return job.job_id

    def _published_job(self, context: Context) -> JobDescription:
        job_id = self._published_job_id(context)
        return self.hook.batch.describe([job_id])[job_id]

    def _published_job_id(self, context: Context) -> Any:
        ti = context["ti"]
        return ti.xcom_pull(task_ids=self.task_id, key=JOB_ID_XCOM, map_indexes=map_index_of(ti))

    def _defer(self, context: Context, job_id: str, follower: JobFollower) -> None:
        from airflow_batch_provider.triggers.batch import BatchJobTrigger

        arguments = self._trigger_arguments()
        # Publish the result before the wait: no worker returns it if the triggerer ends the task, and Airflow
        # 3.3 encodes the XComs of a TaskSuccessEvent twice.
        if arguments["ends_task"] and self.do_xcom_push:
            context["ti"].xcom_push(key=RETURN_VALUE_XCOM, value=job_id)
        trigger = BatchJobTrigger(
            job_ids=[job_id],
            token=self.current_try(context).token.to_json(),
            # The deadline still counts from the start of the try;
            # `since` also tells the trigger when the task was deferred.
            terms=replace(follower.terms, since=time.time()).to_json(),
            **arguments,
        )
        self.defer(trigger=trigger, method_name="resume")

    def _start_trigger_args(self, start: TriggererStart) -> Any:
        runnable, refused = self.runnable_timeout, self.refused_timeout
        # A version without this keyword may read the trigger's row after a rollback.
        refused_arguments = {"refused_seconds": refused.total_seconds()} if refused is not None else {}
        return start.trigger_args(
            "resume",
            publishes_result=self.do_xcom_push,
            runnable_seconds=runnable.total_seconds() if runnable else None,
            allows_misconfiguration=not self.fail_when_misconfigured,
            **refused_arguments,
            **self._trigger_arguments(),
        )

    def _trigger_arguments(self) -> dict[str, Any]:
        """Return the keywords that every trigger of this task takes, wherever its wait starts."""
        return {
            "connection": self.connection.to_json(),
            "poll_interval_seconds": poll_interval_seconds(self.poll_interval_seconds),
            "kill_reason": kill_reason(self.task_id),
            "ends_task": ends_in_triggerer(self, is_wanted=self.end_in_triggerer),
            "log_lines": self.end_policy.log_lines_max,
            "failed_children_logs": self.end_policy.children_shown,
        }
