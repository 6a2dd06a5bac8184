"""The hook: AWS Batch and CloudWatch Logs through Airflow's AWS connection."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Self

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from botocore.config import Config

from airflow_batch_provider import defaults
from airflow_batch_provider.batch.client import BatchClient
from airflow_batch_provider.batch.console import ConsoleReference
from airflow_batch_provider.batch.failures.report import JobReport, JobReporter
from airflow_batch_provider.batch.logs import DEFAULT_LOG_GROUP, JobLogs
from airflow_batch_provider.batch.poller import wait_blocking
from airflow_batch_provider.batch.session import SEND_ONCE
from airflow_batch_provider.hooks.job_logger import JobLogger
from airflow_batch_provider.hooks.metrics import JobMetrics, worker_metrics

if TYPE_CHECKING:
    from airflow_batch_provider.batch.job import JobDescription
    from airflow_batch_provider.following.wait_terms import WaitTerms
    from airflow_batch_provider.hooks.connection import AwsConnection


class BatchHook(AwsBaseHook):
    """
    AWS Batch through the Amazon provider's connections: roles, endpoints, TLS, botocore settings.

    Takes the keywords of ``AwsBaseHook``; ``of`` creates a hook from an ``AwsConnection``.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(client_type="batch", **kwargs)
        self.metrics = worker_metrics()

    @classmethod
    def of(cls, connection: AwsConnection, metrics: JobMetrics | None = None) -> Self:
        """
        Create the hook of a connection.

        :param metrics: by default, those of a worker.
        """
        hook = cls(
            aws_conn_id=connection.aws_conn_id,
            region_name=connection.region_name,
            verify=connection.verify,
            config=Config(**connection.botocore_config) if connection.botocore_config else None,
        )
        hook.metrics = metrics or hook.metrics
        return hook

    @cached_property
    def batch(self) -> BatchClient:
        """The calls to AWS Batch."""
        # A client of its own: retries are a setting of the whole client, and the other calls need them.
        submit_config = self.config.merge(SEND_ONCE)
        submit_api = self.get_client_type(config=submit_config)
        return BatchClient(self.conn, submit_api, on_submit=self.metrics.record_submit)

    @cached_property
    def logs(self) -> JobLogs:
        """The logs of jobs."""
        logs_hook = AwsBaseHook(
            aws_conn_id=self.aws_conn_id,
            region_name=self.region_name,
            verify=self.verify,
            config=self.config,
            client_type="logs",
        )
        return JobLogs(logs_hook.conn)

    def wait(
        self,
        job_ids: Sequence[str],
        interval_seconds: float,
        terms: WaitTerms | None = None,
        *,
        are_own: bool = True,
    ) -> list[JobDescription]:
        """
        Wait in this process until all these jobs have ended; log each change of a job.

        :param terms: when to stop waiting; the deadline is left to the caller.
        :param are_own: False for jobs of other tasks, whose own tasks count them in the metrics.
        :raises WaitAbandonedError: the terms ended the wait before all jobs had ended.
        """
        ended = wait_blocking(
            self.batch.describe,
            job_ids,
            interval_seconds=interval_seconds,
            on_change=JobLogger(self.log, self.metrics if are_own else None),
            stop_reason=None if terms is None else lambda job: terms.stop_reason(job, time.time()),
            on_poll=partial(self.metrics.record_poll, str(self.aws_conn_id)),
        )
        return [ended[job_id] for job_id in job_ids]

    def console_reference(self, job: JobDescription) -> ConsoleReference:
        """Return what the console links of a job point to."""
        return ConsoleReference(
            region_name=self.conn_region_name,
            partition=self.conn_partition,
            job_id=job.job_id,
            job_definition=job.job_definition,
            job_queue=job.job_queue,
            log_group=job.log_group or DEFAULT_LOG_GROUP,
            log_stream=job.log_stream,
        )

    def report(
        self,
        job: JobDescription,
        job_key: str,
        *,
        log_lines_max: int = defaults.LOG_LINES_MAX,
        children_shown: int = defaults.FAILED_CHILDREN_SHOWN,
    ) -> JobReport:
        """
        Gather the logs of a job that has ended, how its children ended, and why it failed.

        An error here is logged and not raised, because it must not hide how the job ended.
        """
        try:
            reporter = JobReporter(
                self.batch,
                self.logs,
                self._log_url,
                log_lines_max=log_lines_max,
                children_shown=children_shown,
            )
            return reporter.report(job_key, job)
        except Exception:
            self.log.warning("Could not read the logs of job %s", job.job_id, exc_info=True)
            return JobReport(job_key, job)

    def _log_url(self, log_group: str, log_stream: str) -> str:
        return ConsoleReference(
            self.conn_region_name, self.conn_partition, log_group=log_group, log_stream=log_stream
        ).log_url
