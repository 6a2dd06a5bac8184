"""What a job printed, read from CloudWatch Logs."""

from __future__ import annotations

import logging
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from airflow_batch_provider.batch.job import JobDescription

log = logging.getLogger(__name__)

DEFAULT_LOG_GROUP: Final = "/aws/batch/job"
"""Where jobs log to unless their definition says otherwise."""


class JobLogs:
    """
    Reads the log of jobs.

    :param api: a boto3 client for CloudWatch Logs.
    """

    def __init__(self, api: Any) -> None:
        self._api = api

    def tail(self, job: JobDescription, lines: int) -> list[str]:
        """
        Read the last lines of a job's last attempt.

        A log that cannot be read is a line in our own log, never an error: it must not hide
        how the job ended.
        """
        if job.log_stream is None:
            return []
        try:
            answer = self._api.get_log_events(
                logGroupName=job.log_group or DEFAULT_LOG_GROUP,
                logStreamName=job.log_stream,
                limit=lines,
                startFromHead=False,
            )
        except (BotoCoreError, ClientError) as error:
            log.warning("The log of job '%s' (%s) cannot be read: %s", job.job_name, job.job_id, error)
            return []
        return [event["message"] for event in answer["events"]]
