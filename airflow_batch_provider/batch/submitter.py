"""Send SubmitJob so that one request makes one job, even if its response is lost."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, Protocol

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ParamValidationError,
)

from airflow_batch_provider.batch.api_errors import advice, is_transient
from airflow_batch_provider.batch.error_kinds import ErrorKind, kind_of
from airflow_batch_provider.batch.job import JobSummary, SubmittedJob
from airflow_batch_provider.batch.rate_limiter import SubmitRateLimiter
from airflow_batch_provider.batch.refusals import job_text, refusal_of
from airflow_batch_provider.defaults import SUBMIT_TRIES_MAX
from airflow_batch_provider.errors import AwsCallError, RequestError

log = logging.getLogger(__name__)

_BACKOFF_SECONDS: Final = 0.5
_BACKOFF_SECONDS_MAX: Final = 20.0
_LOOKUPS_OF_A_LOST_JOB: Final = 2
_FAILED_LOOKUPS_MAX: Final = 5
# Errors of establishing the connection: no request was sent.
# After any other network error, AWS may have received it.
_NEVER_SENT: Final = (EndpointConnectionError, ConnectTimeoutError)


class JobFinder(Protocol):
    """Find jobs by name: the part of ``BatchClient`` that a submitter needs."""

    def list_jobs_by_name(self, job_queue: str, pattern: str) -> list[JobSummary]: ...


class JobSubmitter:
    """
    Send SubmitJob, which has no client token and is therefore not idempotent.

    A throttled call (HTTP 429) made no job and is sent again. If the response is lost or is a
    server error, the call may have made a job: the submitter looks the job up by name before it
    sends anything again.

    :param api: a boto3 client that sends each request once. With its default retries, botocore
        sends SubmitJob again when the response is lost.
    :param is_own_definition: whether this process has just registered or found a job definition,
        ``name:revision``; SubmitJob may not know it for some seconds.
    """

    def __init__(
        self,
        api: Any,
        finder: JobFinder,
        *,
        rate_limiter: SubmitRateLimiter | None = None,
        sleep: Callable[[float], None] = time.sleep,
        is_own_definition: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._api = api
        self._finder = finder
        self._is_own_definition = is_own_definition
        self._rate_limiter = rate_limiter or SubmitRateLimiter(sleep=sleep)
        self._sleep = sleep

    def submit(self, request: Mapping[str, Any], known_ids: Collection[str] = ()) -> SubmittedJob:
        """
        Submit one job.

        :param known_ids: jobs with the same name that existed before this call; a lookup ignores them.
        :raises RequestError: the request is malformed and was not sent.
        :raises SubmissionRejectedError: AWS Batch rejects the request.
        :raises ThrottledError: ten tries in a row were throttled.
        :raises AwsCallError: ten tries in a row failed with transient errors, or AWS refuses the credentials.
        """
        # Not tenacity: what follows a failed try (pace, lookup, a job found) is most of this loop.
        name, tries = request["jobName"], 0
        while True:
            self._rate_limiter.wait()
            try:
                return self._send(request)
            except (ClientError, BotoCoreError) as error:
                failure = error
                self._raise_unless_transient(error, request)
                if self._may_have_arrived(error) and (job := self._find_lost_job(request, known_ids)):
                    log.warning("The response to SubmitJob for job '%s' was lost; the job exists", name)
                    return job
            tries += 1
            if tries == SUBMIT_TRIES_MAX:
                raise refusal_of(failure, f"{job_text(request)} in {tries} tries") from failure
            log.info("Sending SubmitJob for job '%s' again: %s", name, failure)
            self._back_off(tries)

    def _send(self, request: Mapping[str, Any]) -> SubmittedJob:
        try:
            response = self._api.submit_job(**request)
        except ParamValidationError as error:
            report = " ".join(error.kwargs["report"].splitlines())
            text = f"the SubmitJob request of job '{request['jobName']}' is invalid: {report}"
            raise RequestError(text) from error
        self._rate_limiter.on_accepted()
        return SubmittedJob(response["jobId"], response["jobName"], response.get("jobArn"))

    def _raise_unless_transient(self, error: Exception, request: Mapping[str, Any]) -> None:
        """Raise an error that would recur; report throttling to the rate limiter."""
        if kind_of(error) is ErrorKind.THROTTLING:
            self._rate_limiter.on_throttled()
        if is_transient(error) or self._is_too_early(error, request):
            return
        # A definite answer, or no call at all: AWS Batch made no job.
        refusal = refusal_of(error, job_text(request))
        raise refusal from (error if refusal is not error else None)

    def _is_too_early(self, error: Exception, request: Mapping[str, Any]) -> bool:
        """Whether AWS Batch does not know a job definition yet that this process has just registered."""
        return kind_of(error) is ErrorKind.MISSING and self._is_own_definition(str(request["jobDefinition"]))

    def _may_have_arrived(self, error: Exception) -> bool:
        is_refused = kind_of(error) in (ErrorKind.THROTTLING, ErrorKind.MISSING)
        return not is_refused and not isinstance(error, _NEVER_SENT)

    def _find_lost_job(self, request: Mapping[str, Any], known_ids: Collection[str]) -> SubmittedJob | None:
        """
        Look up the job of a lost response, twice: ListJobs can lag behind SubmitJob.

        A failed lookup is repeated and finally raised: without it, sending again could make a second job.
        """
        lookups = failed_lookups = 0
        while lookups < _LOOKUPS_OF_A_LOST_JOB:
            self._back_off(lookups + failed_lookups + 1)
            try:
                jobs = self._finder.list_jobs_by_name(request["jobQueue"], request["jobName"])
            except (ClientError, BotoCoreError) as error:
                failed_lookups += 1
                if not is_transient(error) or failed_lookups == _FAILED_LOOKUPS_MAX:
                    raise AwsCallError(
                        f"could not find out whether {job_text(request)} exists: {advice(error)}"
                    ) from error
                continue
            lookups += 1
            for job in jobs:
                # The filter ignores case, and it also finds the jobs that earlier calls made.
                if job.job_name == request["jobName"] and job.job_id not in known_ids:
                    return SubmittedJob(job.job_id, job.job_name, job.job_arn)
        return None

    def _back_off(self, attempt: int) -> None:
        """Sleep with exponential backoff and full jitter."""
        # https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
        longest = min(_BACKOFF_SECONDS * 2 ** (attempt - 1), _BACKOFF_SECONDS_MAX)
        self._sleep(random.uniform(0, longest))
