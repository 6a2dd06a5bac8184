"""Call the AWS Batch API in chunks, and return typed results."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from airflow_batch_provider import limits
from airflow_batch_provider.batch.definitions import JobDefinitions
from airflow_batch_provider.batch.job import JobDescription, JobStatus, JobSummary, SubmittedJob
from airflow_batch_provider.batch.submitter import JobSubmitter
from airflow_batch_provider.errors import TerminationError

log = logging.getLogger(__name__)


class BatchClient:
    """
    The AWS Batch operations that this provider calls.

    :param api: a boto3 client for Batch.
    :param submit_api: a second client without retries, for ``JobSubmitter``.
    :param sleep: sleeps for a number of seconds between two tries.
    :param on_submit: called with the job queue of each submitted job.
    """

    def __init__(
        self,
        api: Any,
        submit_api: Any,
        *,
        sleep: Callable[[float], None] = time.sleep,
        on_submit: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._api = api
        self._on_submit = on_submit
        definitions = JobDefinitions(api, sleep=sleep)
        self._submitter = JobSubmitter(
            submit_api, self, sleep=sleep, is_own_definition=definitions.has_ensured
        )
        self.ensure_job_definition = definitions.ensure
        """Find or register a job definition; see ``JobDefinitions.ensure``."""

    def submit(self, request: Mapping[str, Any], known_ids: Collection[str] = ()) -> SubmittedJob:
        """Submit one job; see ``JobSubmitter.submit``."""
        job = self._submitter.submit(request, known_ids)
        self._on_submit(request["jobQueue"])
        return job

    def list_jobs_by_name(self, job_queue: str, pattern: str) -> list[JobSummary]:
        """
        List the jobs of a queue by name, newest first; children of array jobs are not listed.

        :param pattern: a job name, or a prefix followed by ``*``. AWS Batch ignores case here.
        """
        pages = self._api.get_paginator("list_jobs").paginate(
            jobQueue=job_queue, filters=[{"name": "JOB_NAME", "values": [pattern]}]
        )
        # With this filter, AWS Batch returns jobs in any status, grouped by name:
        # https://docs.aws.amazon.com/batch/latest/APIReference/API_ListJobs.html
        jobs = [JobSummary.from_aws(summary) for page in pages for summary in page["jobSummaryList"]]
        return sorted(jobs, key=lambda job: job.created_at, reverse=True)

    def list_jobs_by_status(self, job_queue: str, status: JobStatus) -> list[JobSummary]:
        """List the jobs of a queue in one status; children of array jobs are not listed."""
        pages = self._api.get_paginator("list_jobs").paginate(jobQueue=job_queue, jobStatus=status.value)
        return [JobSummary.from_aws(summary) for page in pages for summary in page["jobSummaryList"]]

    def list_live_jobs(self, job_queue: str) -> Iterator[JobSummary]:
        """
        List the jobs of a queue that run or will run, 1,000 per call, without children of array jobs.

        A job whose status changes between two calls can be listed twice. If AWS Batch starts another attempt
        of it, it can be missing.
        """
        for status in (status for status in JobStatus if not status.is_final):
            pages = self._api.get_paginator("list_jobs").paginate(
                jobQueue=job_queue,
                jobStatus=status.value,
                PaginationConfig={"PageSize": limits.LIST_JOBS_MAX},
            )
            for page in pages:
                jobs = (JobSummary.from_aws(summary) for summary in page["jobSummaryList"])
                yield from (job for job in jobs if job.is_live)

    def list_job_queues(self) -> list[str]:
        """List the ARNs of all job queues in the account and Region."""
        pages = self._api.get_paginator("describe_job_queues").paginate()
        return [queue["jobQueueArn"] for page in pages for queue in page["jobQueues"]]

    def describe(self, job_ids: Sequence[str]) -> dict[str, JobDescription]:
        """Describe any number of jobs, 100 per call; IDs that AWS Batch does not know are left out."""
        described = {}
        for chunk in chunks(job_ids, limits.DESCRIBE_JOBS_MAX):
            for detail in self._api.describe_jobs(jobs=chunk)["jobs"]:
                described[detail["jobId"]] = JobDescription.from_aws(detail)
        return described

    def list_failed_children(self, job_id: str) -> list[JobSummary]:
        """List the failed children of an array job in the order of their index, 1,000 per call."""
        pages = self._api.get_paginator("list_jobs").paginate(
            arrayJobId=job_id,
            # Without it, ListJobs returns only the RUNNING children.
            jobStatus=JobStatus.FAILED.value,
            PaginationConfig={"PageSize": limits.LIST_JOBS_MAX},
        )
        children = [JobSummary.from_aws(summary) for page in pages for summary in page["jobSummaryList"]]
        return sorted(children, key=lambda child: child.index)

    def terminate(self, job_ids: Sequence[str], reason: str) -> None:
        """
        Terminate jobs in any status; AWS Batch ignores those that have ended or are unknown.

        :raises Exception: AWS Batch did not terminate some of the jobs; the others are terminated.
        """
        failure: Exception | None = None
        for chunk in chunks(job_ids, self._terminate_chunk_size):
            try:
                self._terminate_chunk(chunk, reason[: limits.REASON_LENGTH_MAX])
            # Continue: a call that fails must not keep the jobs of the other calls running.
            except (BotoCoreError, ClientError, TerminationError) as error:
                log.error("Some of these jobs were not terminated and may still run: %s: %s", chunk, error)
                failure = error
        if failure is not None:
            raise failure

    def cancel(self, job_ids: Sequence[str], reason: str) -> None:
        """Cancel jobs that have not started; AWS Batch ignores the others."""
        for job_id in job_ids:
            self._api.cancel_job(jobId=job_id, reason=reason[: limits.REASON_LENGTH_MAX])

    @property
    def _terminate_chunk_size(self) -> int:
        has_bulk_operation = hasattr(self._api, "terminate_jobs")  # older versions of boto3 do not have it
        return limits.TERMINATE_JOBS_MAX if has_bulk_operation else 1

    def _terminate_chunk(self, job_ids: list[str], reason: str) -> None:
        if len(job_ids) == 1:
            self._api.terminate_job(jobId=job_ids[0], reason=reason)
            return
        errors = self._api.terminate_jobs(jobs=job_ids, reason=reason).get("errors", [])
        if errors:
            failed = ", ".join(f"{error.get('job')} ({error.get('message')})" for error in errors)
            text = (
                f"AWS Batch did not terminate these jobs: {failed}. Terminate them in the AWS Batch console."
            )
            raise TerminationError(text)


def chunks(items: Sequence[str], size: int) -> Iterator[list[str]]:
    """Split a sequence into lists of at most ``size`` items."""
    for start in range(0, len(items), size):
        yield list(items[start : start + size])
