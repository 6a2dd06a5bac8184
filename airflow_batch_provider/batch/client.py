"""The calls to AWS Batch: in chunks, retried where that is safe, answered in types of our own."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    HTTPClientError,
    ParamValidationError,
    SSLError,
)

from airflow_batch_provider import limits
from airflow_batch_provider.batch.job import JobDescription, JobStatus, SubmittedJob
from airflow_batch_provider.errors import RequestError, SubmissionRefusedError, ThrottledError

log = logging.getLogger(__name__)

_TOO_MANY_REQUESTS = 429
_BACKOFF_SECONDS = 0.5
_BACKOFF_SECONDS_MAX = 20.0


class BatchClient:
    """
    AWS Batch as this provider calls it.

    :param api: a boto3 client for Batch.
    :param submit_api: another one that sends each request once, whatever happens: botocore
        would send SubmitJob again when its answer is lost, and SubmitJob is not idempotent.
    :param sleep: waits that many seconds between two tries.
    """

    def __init__(self, api: Any, submit_api: Any, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._api = api
        self._submit_api = submit_api
        self._sleep = sleep

    def submit(self, request: Mapping[str, Any]) -> SubmittedJob:
        """
        Send one SubmitJob; it is sent again only where AWS says that it was throttled (429).

        :raises RequestError: the request does not have SubmitJob's form and was not sent.
        :raises SubmissionRefusedError: AWS refuses this request.
        :raises ThrottledError: throttled ten times in a row.
        """
        for attempt in range(limits.SUBMIT_TRIES_MAX):
            if attempt:
                log.info("SubmitJob of job '%s' was throttled; it is sent again", request["jobName"])
                self._sleep(
                    random.uniform(0, min(_BACKOFF_SECONDS * 2 ** (attempt - 1), _BACKOFF_SECONDS_MAX))
                )
            try:
                answer = self._submit_api.submit_job(**request)
            except ParamValidationError as error:
                report = " ".join(error.kwargs["report"].splitlines())
                raise RequestError(f"job '{request['jobName']}' is no SubmitJob request: {report}") from error
            except ClientError as error:
                self._raise_unless_throttled(error, request)
            else:
                return SubmittedJob(answer["jobId"], answer["jobName"], answer.get("jobArn"))
        tries = limits.SUBMIT_TRIES_MAX
        raise ThrottledError(
            f"AWS Batch throttled SubmitJob of job '{request['jobName']}' {tries} times in a row; "
            "try again later, or submit fewer jobs at a time"
        )

    def describe(self, job_ids: Sequence[str]) -> dict[str, JobDescription]:
        """Describe any number of jobs, a hundred in a call; ids that AWS does not know are left out."""
        described = {}
        for chunk in chunks(job_ids, limits.DESCRIBE_JOBS_MAX):
            for detail in self._api.describe_jobs(jobs=chunk)["jobs"]:
                described[detail["jobId"]] = JobDescription.from_aws(detail)
        return described

    def failed_children(self, job_id: str) -> list[int]:
        """List the indices of an array job's failed children, in order."""
        pages = self._api.get_paginator("list_jobs").paginate(
            arrayJobId=job_id, jobStatus=JobStatus.FAILED.value
        )
        summaries = [summary for page in pages for summary in page["jobSummaryList"]]
        return sorted(int(summary["jobId"].rpartition(":")[2]) for summary in summaries)

    def terminate(self, job_ids: Sequence[str], reason: str) -> None:
        """
        Terminate jobs, whatever their status; one that has ended or is unknown stays as it is.

        :raises Exception: AWS refused to terminate one; the others are terminated all the same.
        """
        failure: Exception | None = None
        for job_id in job_ids:
            try:
                self._api.terminate_job(jobId=job_id, reason=reason[: limits.REASON_LENGTH_MAX])
            except (BotoCoreError, ClientError) as error:
                log.error("Job %s could not be terminated and may still run: %s", job_id, error)
                failure = error
        if failure is not None:
            raise failure

    def _raise_unless_throttled(self, error: ClientError, request: Mapping[str, Any]) -> None:
        status = _http_status(error)
        if status == _TOO_MANY_REQUESTS:
            return
        if 400 <= status < 500:
            detail = error.response.get("Error", {})
            said = f"{detail.get('Message')} ({detail.get('Code')})"
            raise SubmissionRefusedError(f"AWS Batch refused job '{request['jobName']}': {said}") from error
        raise error


def is_transient(error: BaseException) -> bool:
    """Tell errors that pass: throttling, server errors, the network. A refused request is refused again."""
    if isinstance(error, ClientError):
        status = _http_status(error)
        return status == _TOO_MANY_REQUESTS or status >= 500
    return isinstance(error, ConnectionError | HTTPClientError) and not isinstance(error, SSLError)


def _http_status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def chunks(items: Sequence[str], size: int) -> Iterator[list[str]]:
    """Cut a sequence into lists of at most ``size``."""
    for start in range(0, len(items), size):
        yield list(items[start : start + size])
