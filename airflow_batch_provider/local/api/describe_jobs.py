"""DescribeJobs. Clients poll it, so descriptions are cached as JSON until the job changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.local.api.job_descriptions import describe_job
from airflow_batch_provider.local.api.request import EncodedResult, Request
from airflow_batch_provider.local.errors import wrapped
from airflow_batch_provider.local.service_model import load_service_model
from airflow_batch_provider.local.shapes import serializer_for

if TYPE_CHECKING:
    from airflow_batch_provider.local.lifecycle.jobs import Job
    from airflow_batch_provider.local.region import Region

MAX_JOBS: Final = 100


def describe_jobs(request: Request) -> EncodedResult:
    job_ids = request.params["jobs"]
    if len(job_ids) > MAX_JOBS:
        raise wrapped(f"Maximum number of jobs supported is  {MAX_JOBS} .")
    found = (request.region.find_job(job_id) for job_id in dict.fromkeys(job_ids))
    described = [_encoded(request, job) for job in found if job is not None]
    return EncodedResult(b'{"jobs":[%b]}' % b",".join(described))


@cache
def job_serializer() -> Callable[[Any], Any]:
    """Return the serializer of a job's description."""
    shape: Any = load_service_model().output_shape("DescribeJobs")
    return serializer_for(shape.members["jobs"].member)


def _encoded(request: Request, job: Job) -> bytes:
    def encode() -> bytes:
        serialized = job_serializer()(describe_job(request.region, job, request.settings))
        return json.dumps(serialized, separators=(",", ":")).encode()

    if job.is_array:
        return encode()  # An array job changes with each of its children.
    return request.region.descriptions.get(job.job_id, _version_of(request.region, job), encode)


def _version_of(region: Region, job: Job) -> tuple[Any, ...]:
    """Return everything in the description of a job or child that can change."""
    states = () if job.current is None else job.current.containers
    return (
        job.status,
        job.status_reason,
        job.started_at,
        job.stopped_at,
        job.is_cancelled,
        job.is_terminated,
        # Attempts compare by identity: an ended attempt never
        # changes, and the running one changes with the status.
        job.attempts,
        job.current,
        None if job.parent is not None else region.tags.get(region.job_arn(job)),
        tuple((state.has_started, state.exit_code, state.reason) for state in states),
    )
