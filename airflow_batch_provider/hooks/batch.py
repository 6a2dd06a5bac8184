"""The hook: AWS Batch and its logs over Airflow's AWS connection."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Self

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from airflow_batch_provider.batch.client import BatchClient
from airflow_batch_provider.batch.console import ConsoleReference
from airflow_batch_provider.batch.failure import array_failure_sentence, failure_sentence
from airflow_batch_provider.batch.job import JobDescription
from airflow_batch_provider.batch.logs import DEFAULT_LOG_GROUP, JobLogs
from airflow_batch_provider.batch.poller import JobPoller
from airflow_batch_provider.batch.terms import WaitTerms
from airflow_batch_provider.errors import JobFailedError
from airflow_batch_provider.hooks.connection import AwsConnection

SEND_ONCE = Config(retries={"total_max_attempts": 1, "mode": "standard"})
"""SubmitJob is not idempotent; botocore must never send it a second time by itself."""

_LINES_IN_A_FAILURE = 5


class BatchHook(AwsBaseHook):
    """
    AWS Batch over the amazon provider's connection handling: roles, endpoints, TLS, botocore settings.

    Takes the keywords of ``AwsBaseHook``; ``of`` makes one from an ``AwsConnection``.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(client_type="batch", **kwargs)

    @classmethod
    def of(cls, connection: AwsConnection) -> Self:
        """Make the hook of a connection."""
        return cls(
            aws_conn_id=connection.aws_conn_id,
            region_name=connection.region_name,
            verify=connection.verify,
            config=Config(**connection.botocore_config) if connection.botocore_config else None,
        )

    @cached_property
    def batch(self) -> BatchClient:
        """The calls to AWS Batch."""
        submit_config = self.config.merge(SEND_ONCE)
        return BatchClient(self.conn, self.get_client_type(config=submit_config))

    @cached_property
    def logs(self) -> JobLogs:
        """The logs of jobs."""
        neighbour = AwsBaseHook(
            aws_conn_id=self.aws_conn_id,
            region_name=self.region_name,
            verify=self.verify,
            config=self.config,
            client_type="logs",
        )
        return JobLogs(neighbour.conn)

    def wait(
        self, job_ids: Sequence[str], interval_seconds: float, terms: WaitTerms | None = None
    ) -> list[JobDescription]:
        """
        Wait in this process until all these jobs have ended; log each change of a job.

        :param terms: when to give up; their deadline is the caller's to keep.
        :raises WaitGivenUpError: a job has not ended, and the terms allow no more.
        """

        async def describe(some_ids: Sequence[str]) -> Mapping[str, JobDescription]:
            return self.batch.describe(some_ids)

        poller = JobPoller(describe)
        ended = asyncio.run(
            poller.wait(
                job_ids,
                interval_seconds=interval_seconds,
                on_change=lambda job: self.log.info("%s", job),
                objection=None if terms is None else lambda job: terms.objection(job, time.time()),
            )
        )
        return [ended[job_id] for job_id in job_ids]

    def console_reference(self, job: JobDescription) -> ConsoleReference:
        """Say what the console links of a job point to."""
        return ConsoleReference(
            region_name=self.conn_region_name,
            partition=self.conn_partition,
            job_id=job.job_id,
            job_definition=job.job_definition,
            job_queue=job.job_queue,
            log_group=job.log_group or DEFAULT_LOG_GROUP,
            log_stream=job.log_stream,
        )

    def failure_of(self, job: JobDescription, job_key: str) -> JobFailedError:
        """Say why a job failed: exit code, attempt and reason, its last log lines, failed children."""
        if job.array is None:
            return JobFailedError(failure_sentence(job_key, job, self.logs.tail(job, _LINES_IN_A_FAILURE)))
        try:
            failed = self.batch.failed_children(job.job_id)
            first_id = f"{job.job_id}:{failed[0]}" if failed else ""
            first = self.batch.describe([first_id]).get(first_id) if failed else None
        except (BotoCoreError, ClientError) as error:  # must not hide that the job has failed
            self.log.warning("The failed children of job %s cannot be listed: %s", job.job_id, error)
            failed, first = [], None
        if first is None:
            return JobFailedError(array_failure_sentence(job_key, job, failed))
        tail = self.logs.tail(first, _LINES_IN_A_FAILURE)
        sentence = failure_sentence(f"{job_key}:{failed[0]}", first, tail)
        return JobFailedError(array_failure_sentence(job_key, job, failed, first=sentence))
