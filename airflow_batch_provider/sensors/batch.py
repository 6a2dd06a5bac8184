"""A sensor for jobs that were submitted elsewhere."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow_batch_provider.errors import RequestError
from airflow_batch_provider.following.wait_terms import WaitTerms
from airflow_batch_provider.handover import WaitEvent, entries_of
from airflow_batch_provider.hooks.connected import CONNECTION_FIELDS
from airflow_batch_provider.hooks.job_logger import JobLogger
from airflow_batch_provider.hooks.settings import log_lines
from airflow_batch_provider.hooks.translation import airflow_errors
from airflow_batch_provider.sensors.connected import ConnectedSensor

if TYPE_CHECKING:
    from airflow.sdk import Context, XComArg

    from airflow_batch_provider.batch.job import JobDescription


class BatchJobSensor(ConnectedSensor):
    """
    Wait until jobs have succeeded; fail as soon as one has failed.

    :param job_id: the ID of a job, an array job or an array child, a list of such IDs, or
        ``other.output``, also of a mapped task.
    :param deferrable: True waits in the triggerer, without a worker slot;
        ``poke_interval`` is then the time between two rounds of DescribeJobs. False waits according to
        ``mode``: ``poke`` in the worker, ``reschedule`` without a worker between two checks. With
        ``reschedule``, ``poke_interval`` must be well above ``[workers] min_heartbeat_interval`` (5
        seconds): LocalExecutor keeps an ended task for that time, and the scheduler fails a task that
        it queues again before.
    """

    template_fields: Sequence[str] = ("job_id", *CONNECTION_FIELDS)
    ui_color = "#f5e1c8"

    def __init__(self, *, job_id: str | Sequence[str] | XComArg, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.job_id = job_id

    @cached_property
    def _log_change(self) -> JobLogger:
        return JobLogger(self.log)

    def execute(self, context: Context) -> Any:
        """Wait in the triggerer or, as ``mode`` says, without it."""
        if not self.deferrable:
            return super().execute(context)
        if not self.poke(context):
            self._defer()
        return None

    def poke(self, context: Context) -> bool:  # noqa: ARG002
        """Check the jobs once."""
        with airflow_errors():
            job_ids = self._job_ids()
            described = self.ask(lambda: self.hook.renew().batch.describe(job_ids))
            if described is None:
                return False
            for job in described.values():
                self._log_change(job)
            self._raise_failures(list(described.values()))
            if missing := [job_id for job_id in job_ids if job_id not in described]:
                self.log.info("DescribeJobs does not return these jobs (yet): %s", ", ".join(missing))
        return len(described) == len(job_ids) and all(job.has_succeeded for job in described.values())

    def resume(self, context: Context, event: dict[str, Any]) -> None:  # noqa: ARG002
        """Continue with the event of the trigger."""
        with airflow_errors():
            self._raise_failures(WaitEvent.from_json(event).ended_jobs())

    @property
    def waits_for(self) -> str:
        first, *others = self._job_ids()
        return f"jobs {', '.join((first, *others))}" if others else f"job {first}"

    def _defer(self) -> None:
        from airflow_batch_provider.triggers.batch import BatchJobTrigger

        trigger = BatchJobTrigger(
            job_ids=self._job_ids(),
            connection=self.connection.to_json(),
            poll_interval_seconds=self.poke_interval,
            terms=WaitTerms(
                since=time.time(),
                allows_misconfiguration=True,
                refused_seconds=self.refused_seconds,
            ).to_json(),
        )
        self.defer(trigger=trigger, method_name="resume", timeout=timedelta(seconds=self.timeout))

    def _job_ids(self) -> list[str]:
        given: Any = self.job_id  # rendered by now
        job_ids: list[Any] = list(entries_of(given))
        if not job_ids or not all(isinstance(job_id, str) and job_id for job_id in job_ids):
            raise RequestError(
                f"task '{self.task_id}': job_id must be a job ID or a list of job IDs, not {given!r}"
            )
        return list(dict.fromkeys(job_ids))

    def _raise_failures(self, jobs: Sequence[JobDescription]) -> None:
        for job in jobs:
            if job.status.is_final and not job.has_succeeded:
                report = self.hook.report(job, job.job_name, log_lines_max=log_lines())
                for line in report.lines():
                    self.log.info("%s", line)
                raise report.error
