"""SubmitJob."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.local.api import containers, retry_and_timeout
from airflow_batch_provider.local.api.consumable_requirements import read_requirements
from airflow_batch_provider.local.api.depends_on import is_sequential, read_dependencies
from airflow_batch_provider.local.api.job_containers import merge_containers
from airflow_batch_provider.local.api.open_questions import Question
from airflow_batch_provider.local.api.shares import check_share, priority_of
from airflow_batch_provider.local.api.tag_rules import MAX_TAGS, check_tags
from airflow_batch_provider.local.arn import name_of
from airflow_batch_provider.local.errors import ClientException, wrapped
from airflow_batch_provider.local.lifecycle import reasons
from airflow_batch_provider.local.lifecycle.capacity import JobQueue, ResourceStatus
from airflow_batch_provider.local.lifecycle.jobs import Job, JobSpec

if TYPE_CHECKING:
    from airflow_batch_provider.local.api.request import Request
    from airflow_batch_provider.local.job_definitions import JobDefinition

JOB_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
KIB: Final = 1024
MAX_PAYLOAD_BYTES: Final = 30 * KIB
MIN_ARRAY_SIZE: Final = 2
MAX_ARRAY_SIZE: Final = 10_000
MAX_OVERRIDES: Final = 8192


def submit_job(request: Request) -> dict[str, Any]:
    params, region = request.params, request.region
    _check(request)
    queue = _enabled_queue(request)
    definition = region.definitions.resolve(params["jobDefinition"])
    _check_capability(queue, definition)
    check_share(region, queue, params)
    array_size = _array_size(request)
    waits_for, n_to_n_dependencies = read_dependencies(request, array_size)
    spec = _spec(request, queue, definition, array_size)
    # Last: everything above can raise, and a rejected request must leave no job.
    job = region.submit(spec, request.now, waits_for, n_to_n_dependencies)
    if params.get("tags"):
        region.tags[region.job_arn(job)] = dict(params["tags"])
    return {"jobArn": region.job_arn(job), "jobName": spec.job_name, "jobId": job.job_id}


def submitted_job(request: Request, result: Mapping[str, Any]) -> Iterator[Job]:
    """Yield the job that SubmitJob has created."""
    job = request.region.find_job(result["jobId"])
    if job is not None:
        yield job


def _check(request: Request) -> None:
    params = request.params
    if request.size > MAX_PAYLOAD_BYTES and not request.uses_alternative(Question.LARGE_PAYLOAD):
        limit, size = MAX_PAYLOAD_BYTES // KIB, math.ceil(request.size / KIB)
        raise wrapped(f"Job size must be less than {limit} KiB, got {size} KiB")
    if not JOB_NAME.fullmatch(params["jobName"]):
        raise wrapped("Job name should match valid pattern")
    check_tags(params.get("tags", {}))
    retry_and_timeout.check_retry_and_timeout(params, request.settings)


def _enabled_queue(request: Request) -> JobQueue:
    name_or_arn = request.params["jobQueue"]
    queue = request.region.find_queue(name_or_arn)
    if queue is None or queue.status is ResourceStatus.DELETING:
        raise ClientException(f"JobQueue {name_of(name_or_arn, 'job-queue')} not found.")
    if not queue.is_enabled and not request.uses_alternative(Question.DISABLED_QUEUE):
        raise ClientException(f"JobQueue {queue.name} is DISABLED and accepts no jobs.")
    return queue


def _check_capability(queue: JobQueue, definition: JobDefinition) -> None:
    wanted = "FARGATE" if "FARGATE" in definition.request.get("platformCapabilities", []) else "EC2"
    for environment in queue.environments:
        offered = environment.echoed.get("computeResources", {}).get("type")
        if offered is not None and offered.startswith("FARGATE") != (wanted == "FARGATE"):
            raise ClientException(
                f"Job Queue is attached to Compute Environment that can not run Jobs with capability {wanted}"
            )


def _array_size(request: Request) -> int | None:
    size: int | None = request.params.get("arrayProperties", {}).get("size")
    if size is None or MIN_ARRAY_SIZE <= size <= MAX_ARRAY_SIZE:
        return size
    if size >= 1 and request.uses_alternative(Question.ARRAY_SIZE):
        return size
    raise ClientException(f"arrayProperties.size is {size}; it must be {MIN_ARRAY_SIZE} to {MAX_ARRAY_SIZE}.")


def _spec(request: Request, queue: JobQueue, definition: JobDefinition, array_size: int | None) -> JobSpec:
    params, defined = request.params, definition.request
    parameters = {**defined.get("parameters", {}), **params.get("parameters", {})}
    members = merge_containers(request, definition, parameters)
    retry = params.get("retryStrategy", defined.get("retryStrategy"))
    depends_on = params.get("dependsOn", [])
    return JobSpec(
        job_name=params["jobName"],
        queue=queue,
        definition_name=definition.name,
        definition_arn=definition.arn,
        containers=members,
        millicpus=sum(member.millicpus for member in members),
        memory_mib=sum(member.memory_mib or 0 for member in members),
        retry=retry_and_timeout.read_retry(retry),
        retry_described=retry_and_timeout.describe_retry(retry),
        timeout_seconds=params.get("timeout", defined.get("timeout", {})).get("attemptDurationSeconds"),
        array_size=array_size,
        is_sequential=is_sequential(depends_on),
        parameters=parameters,
        depends_on=depends_on,
        platform_capabilities=defined.get("platformCapabilities", []),
        propagate_tags=params.get("propagateTags", defined.get("propagateTags", False)),
        gpus=sum(containers.gpus_of(member.described) for member in members),
        share_identifier=params.get("shareIdentifier"),
        scheduling_priority=priority_of(queue, params, defined),
        consumable_requirements=read_requirements(
            request,
            defined.get("consumableResourceProperties", {}),
            params.get("consumableResourcePropertiesOverride", {}),
        ),
        task=definition.task,
        dispatch_failure=_dispatch_failure(request, definition),
    )


def _dispatch_failure(request: Request, definition: JobDefinition) -> str | None:
    """Return why ECS will reject the task, which AWS Batch only finds out when it places the job."""
    params = request.params
    sent = params.get("containerOverrides", params.get("ecsPropertiesOverride", {}))
    overrides = json.dumps(sent, separators=(",", ":"))
    if len(overrides) > MAX_OVERRIDES:
        return reasons.OVERRIDES_TOO_LONG
    if params.get("propagateTags", definition.request.get("propagateTags", False)):
        tags = {**request.region.tags.get(definition.arn, {}), **params.get("tags", {})}
        if len(tags) > MAX_TAGS:
            return f"Job and job definition propagate {len(tags)} tags; the maximum for a task is {MAX_TAGS}."
    return None
