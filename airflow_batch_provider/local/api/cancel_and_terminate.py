"""CancelJob, CancelJobs, TerminateJob and TerminateJobs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.local.errors import ClientException
from airflow_batch_provider.local.lifecycle.jobs import Job

if TYPE_CHECKING:
    from airflow_batch_provider.local.api.request import Request

MAX_REASON: Final = 1024
MAX_BULK: Final = 50
JOB_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}([:#][0-9]{1,5})?")

End = Callable[[Job, str, int], None]


def cancel_job(request: Request) -> dict[str, Any]:
    return _end_one(request, request.region.lifecycle.cancel)


def terminate_job(request: Request) -> dict[str, Any]:
    return _end_one(request, request.region.lifecycle.terminate)


def cancel_jobs(request: Request) -> dict[str, Any]:
    return _end_many(request, request.region.lifecycle.cancel)


def terminate_jobs(request: Request) -> dict[str, Any]:
    return _end_many(request, request.region.lifecycle.terminate)


def job_in_request(request: Request, _result: Mapping[str, Any]) -> Iterator[Job]:
    """Yield the job of CancelJob or TerminateJob, if it exists."""
    job = request.region.find_job(request.params["jobId"])
    if job is not None:
        yield job


def jobs_in_request(request: Request, _result: Mapping[str, Any]) -> Iterator[Job]:
    """Yield the jobs of CancelJobs or TerminateJobs that exist."""
    for job_id in request.params["jobs"]:
        job = request.region.find_job(job_id)
        if job is not None:
            yield job


def _end_one(request: Request, end: End) -> dict[str, Any]:
    """End a job. A job that is unknown or has ended is not an error, as on AWS."""
    _check_reason(request)
    job = request.region.find_job(request.params["jobId"])
    if job is not None:
        end(job, request.params["reason"], request.now)
    return {}


def _end_many(request: Request, end: End) -> dict[str, Any]:
    _check_reason(request)
    job_ids = list(dict.fromkeys(request.params["jobs"]))
    if len(job_ids) > MAX_BULK:
        raise ClientException(f"The request names {len(job_ids)} jobs; the maximum is {MAX_BULK}.")
    malformed = [job_id for job_id in job_ids if not JOB_ID.fullmatch(job_id)]
    wellformed = [job_id for job_id in job_ids if JOB_ID.fullmatch(job_id)]
    for job_id in wellformed:
        job = request.region.find_job(job_id)
        if job is not None:
            end(job, request.params["reason"], request.now)
    return {"successful": wellformed, "errors": [_malformed(job_id) for job_id in malformed]}


def _malformed(job_id: str) -> dict[str, str]:
    return {"job": job_id, "code": "ValidationException", "message": f"{job_id!r} is not a job id."}


def _check_reason(request: Request) -> None:
    length = len(request.params["reason"])
    if not 1 <= length <= MAX_REASON:
        raise ClientException(f"reason has {length} characters; it must have 1 to {MAX_REASON}.")
