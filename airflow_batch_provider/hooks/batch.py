"""The hook: AWS Batch and CloudWatch Logs through Airflow's AWS connection."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final, Self

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.providers.amazon.aws.utils.connection_wrapper import AwsConnectionWrapper
from botocore.config import Config
from botocore.exceptions import ClientError

from airflow_batch_provider import defaults
from airflow_batch_provider.batch.api_errors import describe, is_aws_error, is_of_connection, is_refusal
from airflow_batch_provider.batch.client import BatchClient
from airflow_batch_provider.batch.console import ConsoleReference
from airflow_batch_provider.batch.error_kinds import ErrorKind, kind_of
from airflow_batch_provider.batch.failures.report import JobReport, JobReporter
from airflow_batch_provider.batch.logs import DEFAULT_LOG_GROUP, JobLogs
from airflow_batch_provider.batch.poller import wait_blocking
from airflow_batch_provider.batch.session import SEND_ONCE
from airflow_batch_provider.errors import ConnectionSettingsError
from airflow_batch_provider.hooks.job_logger import JobLogger
from airflow_batch_provider.hooks.lookup import ConnectionLookup
from airflow_batch_provider.hooks.metrics import JobMetrics, worker_metrics
from airflow_batch_provider.hooks.settings import refused_seconds

if TYPE_CHECKING:
    from airflow_batch_provider.batch.job import JobDescription
    from airflow_batch_provider.following.wait_terms import WaitTerms
    from airflow_batch_provider.hooks.connection import AwsConnection


_SETTINGS: Final = (ErrorKind.SETTINGS, ErrorKind.OTHER)
"""The kinds of errors of creating a client that come from the connection's settings."""


class BatchHook(AwsBaseHook):
    """
    AWS Batch through the Amazon provider's connections: roles, endpoints, TLS, botocore settings.

    Takes the keywords of ``AwsBaseHook``; ``of`` creates a hook from an ``AwsConnection``. Its clients
    notice when AWS refuses them; ``renew`` then replaces them. Code that waits calls it before each poll.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(client_type="batch", **kwargs)
        self.metrics = worker_metrics()
        self._lookup = ConnectionLookup(self.aws_conn_id, self.get_connection)

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

    def renew(self) -> Self:
        """
        Use the connection as it is now: look it up again, if that is due, and replace outdated clients.

        Not in ``on_kill``: it runs in a signal handler, and the interrupted code may be talking to Airflow.
        """
        if self._lookup.renew():
            self._forget_clients()
        return self

    @cached_property
    def conn_config(self) -> AwsConnectionWrapper:
        """The Airflow connection."""
        connection = self._lookup.find()
        with self._settings_errors():
            return AwsConnectionWrapper(
                conn=connection,
                region_name=self._region_name,
                botocore_config=self._config,
                verify=self._verify,
            )

    def get_client_type(self, *args: Any, **kwargs: Any) -> Any:
        """Return a new boto3 client that reports refusals to this hook."""
        with self._settings_errors():
            return self._observed(super().get_client_type(*args, **kwargs))

    @cached_property
    def batch(self) -> BatchClient:
        """The calls to AWS Batch."""
        # A client of its own: retries are a setting of the whole client, and the other calls need them.
        submit_config = self.config.merge(SEND_ONCE)
        submit_api = self.get_client_type(region_name=self.region_name, config=submit_config)
        return BatchClient(self.conn, submit_api, on_submit=self.metrics.record_submit)

    @cached_property
    def logs(self) -> JobLogs:
        """The logs of jobs."""
        with self._settings_errors():
            client = self.get_session(region_name=self.region_name).client(
                service_name="logs",
                endpoint_url=self.conn_config.get_service_endpoint_url("logs"),
                config=self.config,
                verify=self.verify,
            )
        return JobLogs(self._observed(client))

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

        Refused credentials do not end the wait at once, see ``refused_timeout``.

        :param terms: when to stop waiting; the deadline is left to the caller.
        :param are_own: False for jobs of other tasks, whose own tasks count them in the metrics.
        :raises WaitAbandonedError: the terms ended the wait before all jobs had ended.
        """
        ended = wait_blocking(
            lambda some_ids: self.renew().batch.describe(some_ids),
            job_ids,
            interval_seconds=interval_seconds,
            on_change=JobLogger(self.log, self.metrics if are_own else None),
            log=self.log,
            refused_seconds=refused_seconds(terms.refused_seconds if terms is not None else None),
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
        renews: bool = True,
    ) -> JobReport:
        """
        Gather the logs of a job that has ended, how its children ended, and why it failed.

        An error here is logged and not raised, because it must not hide how the job ended. If AWS refuses the
        credentials, the connection is looked up and everything is read again, once.

        :param renews: False in ``on_kill``, see ``renew``.
        """
        settings = {"log_lines_max": log_lines_max, "children_shown": children_shown}
        try:
            report = JobReporter(self.batch, self.logs, self._log_url, **settings).report(job_key, job)
            if not (renews and self._lookup.is_refused and self._lookup.renew()):
                return report
            self._forget_clients()
            return JobReporter(self.batch, self.logs, self._log_url, **settings).report(job_key, job)
        except Exception:
            self.log.warning("Could not read the logs of job %s", job.job_id, exc_info=True)
            return JobReport(job_key, job)

    def _log_url(self, log_group: str, log_stream: str) -> str:
        return ConsoleReference(
            self.conn_region_name, self.conn_partition, log_group=log_group, log_stream=log_stream
        ).log_url

    def _forget_clients(self) -> None:
        for name in ("conn_config", "conn", "_client", "account_id", "batch", "logs"):
            self.__dict__.pop(name, None)

    def _observed(self, client: Any) -> Any:
        """Let a client report each refusal, even one that its caller handles."""
        events = client.meta.events
        events.register("after-call", self._on_response)
        events.register("after-call-error", self._on_error)
        return client

    def _on_response(self, parsed: Any, model: Any, **_: Any) -> None:
        if "Error" in parsed and is_refusal(ClientError(parsed, model.name)):
            self._lookup.refused()

    def _on_error(self, exception: Exception, **_: Any) -> None:
        if is_of_connection(exception):
            self._lookup.refused()

    @contextmanager
    def _settings_errors(self) -> Iterator[None]:
        """Name the connection in the errors of creating a client; the next try looks it up again."""
        try:
            yield
        except Exception as error:
            self._lookup.refused()
            if isinstance(error, ConnectionSettingsError) or kind_of(error) not in _SETTINGS:
                raise  # such as a refused AssumeRole
            # The Amazon provider raises many classes: TypeError, ValueError, NotImplementedError, …
            reason = describe(error) if is_aws_error(error) else f"{type(error).__name__}: {error}"
            raise ConnectionSettingsError(
                f"Airflow connection '{self.aws_conn_id}' cannot be used: {reason}"
            ) from error
