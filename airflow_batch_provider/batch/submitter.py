"""Sends SubmitJob so that one request makes one job, whatever happens to its answer."""

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

from airflow_batch_provider.batch.answers import TOO_MANY_REQUESTS, http_status, is_transient
from airflow_batch_provider.batch.job import JobSummary, SubmittedJob
from airflow_batch_provider.batch.pace import SubmitPace
from airflow_batch_provider.defaults import SUBMIT_TRIES_MAX
from airflow_batch_provider.errors import RequestError, SubmissionRefusedError, ThrottledError

log = logging.getLogger(__name__)

_BACKOFF_SECONDS: Final = 0.5
_BACKOFF_SECONDS_MAX: Final = 20.0
_LOOKS_FOR_A_LOST_ANSWER: Final = 2
_FAILED_LOOKS_MAX: Final = 5
_NEVER_SENT: Final = (EndpointConnectionError, ConnectTimeoutError)


class JobFinder(Protocol):
    """Finds jobs by name; the part of ``BatchClient`` that a submitter needs."""

    def jobs_named(self, job_queue: str, pattern: str) -> list[JobSummary]: ...


class JobSubmitter:
    """
    Sends SubmitJob, which knows no client token and is therefore not idempotent.

    A throttled call (429) made no job and is sent again. After a call whose answer is lost or
    is a server error nobody knows; the job is looked up by its name before anything is sent
    again.

    :param api: a boto3 client that sends each request once: botocore by itself would send
        SubmitJob again when its answer is lost.
    """

    def __init__(
        self,
        api: Any,
        finder: JobFinder,
        *,
        pace: SubmitPace | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._api = api
        self._finder = finder
        self._pace = pace or SubmitPace(sleep=sleep)
        self._sleep = sleep

    def submit(self, request: Mapping[str, Any], known_ids: Collection[str] = ()) -> SubmittedJob:
        """
        Make one job.

        :param known_ids: jobs of the same name that were there before, and are not the answer.
        :raises RequestError: the request does not have SubmitJob's form and was not sent.
        :raises SubmissionRefusedError: AWS refuses this request.
        :raises ThrottledError: throttled ten times in a row.
        """
        name, failure = request["jobName"], None
        for attempt in range(SUBMIT_TRIES_MAX):
            if attempt:
                log.info("SubmitJob of job '%s' is sent again: %s", name, failure)
                self._back_off(attempt)
            self._pace.wait()
            try:
                return self._send(request)
            except (ClientError, BotoCoreError) as error:
                failure = error
                self._raise_if_final(error, request)
                if self._may_have_arrived(error) and (job := self._look_for(request, known_ids)):
                    log.warning("The answer of SubmitJob of job '%s' was lost; the job is there", name)
                    return job
        raise ThrottledError(
            f"AWS Batch did not accept job '{name}' in {SUBMIT_TRIES_MAX} tries ({failure}); "
            "try again later, or submit fewer jobs at a time"
        )

    def _send(self, request: Mapping[str, Any]) -> SubmittedJob:
        try:
            answer = self._api.submit_job(**request)
        except ParamValidationError as error:
            report = " ".join(error.kwargs["report"].splitlines())
            raise RequestError(f"job '{request['jobName']}' is no SubmitJob request: {report}") from error
        self._pace.was_accepted()
        return SubmittedJob(answer["jobId"], answer["jobName"], answer.get("jobArn"))

    def _raise_if_final(self, error: Exception, request: Mapping[str, Any]) -> None:
        """Raise what no repetition can change; take note of throttling."""
        status = http_status(error)
        if status == TOO_MANY_REQUESTS:
            self._pace.was_throttled()
        elif isinstance(error, ClientError) and 400 <= status < 500:
            detail = error.response.get("Error", {})
            said = f"{detail.get('Message')} ({detail.get('Code')})"
            raise SubmissionRefusedError(f"AWS Batch refused job '{request['jobName']}': {said}") from error
        elif not is_transient(error):
            raise error

    def _may_have_arrived(self, error: Exception) -> bool:
        return http_status(error) != TOO_MANY_REQUESTS and not isinstance(error, _NEVER_SENT)

    def _look_for(self, request: Mapping[str, Any], known_ids: Collection[str]) -> SubmittedJob | None:
        """
        Look up a job whose answer is lost, more than once: ListJobs may be a moment behind.

        A look that fails is repeated too, and in the end raised: without it nothing may be sent.
        """
        looks = failed_looks = 0
        while looks < _LOOKS_FOR_A_LOST_ANSWER:
            self._back_off(looks + failed_looks + 1)
            try:
                jobs = self._finder.jobs_named(request["jobQueue"], request["jobName"])
            except (ClientError, BotoCoreError) as error:
                failed_looks += 1
                if not is_transient(error) or failed_looks == _FAILED_LOOKS_MAX:
                    raise
                continue
            looks += 1
            for job in jobs:
                if job.job_name == request["jobName"] and job.job_id not in known_ids:
                    return SubmittedJob(job.job_id, job.job_name, job.job_arn)
        return None

    def _back_off(self, attempt: int) -> None:
        longest = min(_BACKOFF_SECONDS * 2 ** (attempt - 1), _BACKOFF_SECONDS_MAX)
        self._sleep(random.uniform(0, longest))
