"""boto3 clients that use boto3's own credentials, for commands that run without Airflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config

from airflow_batch_provider.batch.api_errors import is_refusal
from airflow_batch_provider.batch.client import BatchClient
from airflow_batch_provider.batch.console import ConsoleReference
from airflow_batch_provider.batch.logs import JobLogs

if TYPE_CHECKING:
    from airflow_batch_provider.batch.job import JobDescription

SEND_ONCE: Final = Config(retries={"total_max_attempts": 1, "mode": "standard"})
"""SubmitJob is not idempotent: botocore must never retry it."""


@dataclass(frozen=True)
class AwsSession:
    """
    One AWS account and Region, reached with boto3's default credential chain.

    :param region_name: the Region; overrides the one of the environment or profile.
    :param profile_name: a profile in the AWS configuration files.
    :param verify: whether to verify TLS certificates, or the path of a CA bundle.
    :param botocore_config: keywords of ``botocore.config.Config``.
    """

    region_name: str | None = None
    profile_name: str | None = None
    verify: bool | str | None = None
    botocore_config: Mapping[str, Any] = field(default_factory=dict)

    def client(self, service: str, config: Config | None = None) -> Any:
        """
        Return a new boto3 client.

        :raises NoRegionError: no Region is configured.
        """
        merged = Config(**self.botocore_config).merge(config or Config())
        session: Any = self._session
        return session.client(service, verify=self.verify, config=merged)

    @cached_property
    def api(self) -> Any:
        """The boto3 client for Batch."""
        return self.client("batch")

    @cached_property
    def batch(self) -> BatchClient:
        """The client for AWS Batch."""
        return BatchClient(self.api, self.client("batch", SEND_ONCE))

    @cached_property
    def logs(self) -> JobLogs:
        """The reader of job logs in CloudWatch Logs."""
        return JobLogs(self.client("logs"))

    def describe(self, job_ids: Sequence[str]) -> dict[str, JobDescription]:
        """Describe jobs; after refused credentials, the next call reads boto3's configuration again."""
        try:
            return self.batch.describe(job_ids)
        except Exception as error:
            if is_refusal(error):
                self._forget_clients()
            raise

    def log_url(self, log_group: str, log_stream: str) -> str:
        """Return the URL of a log stream in the AWS console."""
        region: str = self.api.meta.region_name
        return ConsoleReference(
            region, self.api.meta.partition, log_group=log_group, log_stream=log_stream
        ).log_url

    def _forget_clients(self) -> None:
        for name in ("_session", "api", "batch", "logs"):
            self.__dict__.pop(name, None)

    @cached_property
    def _session(self) -> boto3.Session:
        return boto3.Session(region_name=self.region_name, profile_name=self.profile_name)
