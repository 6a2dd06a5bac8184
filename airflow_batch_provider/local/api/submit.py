"""SubmitJob."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from airflow_batch_provider.local.api import containers, strategies
from airflow_batch_provider.local.api.consumable_needs import read_needs
from airflow_batch_provider.local.api.request import Request
from airflow_batch_provider.local.api.shares import check_share, priority_of
from airflow_batch_provider.local.api.tag_rules import check_tags
from airflow_batch_provider.local.arn import name_of
from airflow_batch_provider.local.definitions import JobDefinition
from airflow_batch_provider.local.errors import ClientException, wrapped
from airflow_batch_provider.local.lifecycle.capacity import JobQueue, ResourceStatus
from airflow_batch_provider.local.lifecycle.jobs import Job, JobSpec
from airflow_batch_provider.local.region import Region

JOB_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
MAX_PAYLOAD_BYTES: Final = 30 * 1024
MAX_DEPENDENCIES: Final = 20
MIN_ARRAY_SIZE: Final = 2
MAX_ARRAY_SIZE: Final = 10_000
N_TO_N: Final = "N_TO_N"
SEQUENTIAL: Final = "SEQUENTIAL"
UNSUPPORTED: Final = (
    "nodeOverrides",
    "eksPropertiesOverride",
    "ecsPropertiesOverride",
)


def submit_job(request: Request) -> dict[str, Any]:
    params, region = request.params, request.region
    _check(request)
    queue = _queue_that_takes_jobs(region, params["jobQueue"])
    definition = region.definitions.to_run(params["jobDefinition"])
    _check_capability(queue, definition)
    check_share(region, queue, params)
    array_size = _array_size(params)
    waits_for, pipelined_on = _dependencies(region, params.get("dependsOn", []), array_size)
    spec = _spec(request, queue, definition, array_size)
    job = region.submit(spec, request.now, waits_for, pipelined_on)
    if params.get("tags"):
        region.tags[region.job_arn(job)] = dict(params["tags"])
    return {"jobArn": region.job_arn(job), "jobName": spec.job_name, "jobId": job.job_id}


def _check(request: Request) -> None:
    params = request.params
    if request.size > MAX_PAYLOAD_BYTES:
        raise ClientException(
            f"The request is {request.size} bytes long; a job takes at most {MAX_PAYLOAD_BYTES}."
        )
    if not JOB_NAME.fullmatch(params["jobName"]):
        raise wrapped("Job name should match valid pattern")
    for member in UNSUPPORTED:
        if member in params:
            raise ClientException(f"{member} is not supported locally.")
    containers.check_overrides(params.get("containerOverrides", {}))
    check_tags(params.get("tags", {}))
    if "retryStrategy" in params:
        strategies.check_retry(params["retryStrategy"])
    if "timeout" in params:
        strategies.check_timeout(params["timeout"], request.rules)


def _queue_that_takes_jobs(region: Region, name_or_arn: str) -> JobQueue:
    queue = region.find_queue(name_or_arn)
    if queue is None or queue.status is ResourceStatus.DELETING:
        raise ClientException(f"JobQueue {name_of(name_or_arn, 'job-queue')} not found.")
    if not queue.is_enabled:
        raise ClientException(f"JobQueue {queue.name} is DISABLED and takes no jobs.")
    return queue


def _check_capability(queue: JobQueue, definition: JobDefinition) -> None:
    wanted = "FARGATE" if "FARGATE" in definition.request.get("platformCapabilities", []) else "EC2"
    for environment in queue.environments:
        offered = environment.echoed.get("computeResources", {}).get("type")
        if offered is not None and offered.startswith("FARGATE") != (wanted == "FARGATE"):
            raise ClientException(
                f"Job Queue is attached to Compute Environment that can not run Jobs with capability {wanted}"
            )


def _array_size(params: Mapping[str, Any]) -> int | None:
    size: int | None = params.get("arrayProperties", {}).get("size")
    if size is not None and not MIN_ARRAY_SIZE <= size <= MAX_ARRAY_SIZE:
        raise ClientException(
            f"arrayProperties.size is {size}; it must be {MIN_ARRAY_SIZE} to {MAX_ARRAY_SIZE}."
        )
    return size


def _dependencies(
    region: Region, depends_on: list[Mapping[str, str]], array_size: int | None
) -> tuple[tuple[Job, ...], tuple[Job, ...]]:
    """Return the jobs to wait for as a whole, and the array jobs to wait for child by child."""
    if len(depends_on) > MAX_DEPENDENCIES:
        raise ClientException(f"dependsOn has {len(depends_on)} entries; the most is {MAX_DEPENDENCIES}.")
    waits_for: list[Job] = []
    pipelined_on: list[Job] = []
    for dependency in depends_on:
        kind, job_id = dependency.get("type"), dependency.get("jobId")
        if job_id is None:
            _check_without_job(kind, array_size)
            continue
        job = region.find_job(job_id)
        if job is None:
            raise ClientException(f"dependsOn names job {job_id}, which does not exist.")
        if kind != N_TO_N:
            waits_for.append(job)
            continue
        _check_pipeline(job, array_size)
        pipelined_on.append(job)
    return tuple(waits_for), tuple(pipelined_on)


def _check_without_job(kind: str | None, array_size: int | None) -> None:
    if kind != SEQUENTIAL:
        raise ClientException("dependsOn has an entry without jobId that is not SEQUENTIAL.")
    if array_size is None:
        raise ClientException("A SEQUENTIAL dependency without jobId needs an array job.")


def _check_pipeline(job: Job, array_size: int | None) -> None:
    if array_size is None or not job.is_array:
        raise ClientException("An N_TO_N dependency needs array jobs on both sides.")
    if job.spec.array_size != array_size:
        raise ClientException(
            f"An N_TO_N dependency needs arrays of one size; this job has {array_size} children,"
            f" {job.job_id} has {job.spec.array_size}."
        )


def _spec(request: Request, queue: JobQueue, definition: JobDefinition, array_size: int | None) -> JobSpec:
    params, defined = request.params, definition.request
    parameters = {**defined.get("parameters", {}), **params.get("parameters", {})}
    container = containers.merge_container(
        definition.container, params.get("containerOverrides", {}), parameters
    )
    platform = defined.get("platformCapabilities", [])
    containers.check_resources(container, is_fargate="FARGATE" in platform)
    retry = params.get("retryStrategy", defined.get("retryStrategy"))
    depends_on = params.get("dependsOn", [])
    return JobSpec(
        job_name=params["jobName"],
        queue=queue,
        definition_name=definition.name,
        definition_arn=definition.arn,
        container=container,
        millicpus=containers.millicpus_of(container) or 0,
        memory_mib=containers.memory_mib_of(container),
        retry=strategies.read_retry(retry),
        retry_described=strategies.describe_retry(retry),
        timeout_seconds=params.get("timeout", defined.get("timeout", {})).get("attemptDurationSeconds"),
        array_size=array_size,
        is_sequential=any(
            dependency.get("type") == SEQUENTIAL and "jobId" not in dependency for dependency in depends_on
        ),
        parameters=parameters,
        depends_on=depends_on,
        platform_capabilities=platform,
        propagate_tags=params.get("propagateTags", defined.get("propagateTags", False)),
        gpus=containers.gpus_of(container),
        share_identifier=params.get("shareIdentifier"),
        scheduling_priority=priority_of(queue, params, defined),
        needs=read_needs(
            request,
            defined.get("consumableResourceProperties", {}),
            params.get("consumableResourcePropertiesOverride", {}),
        ),
    )
