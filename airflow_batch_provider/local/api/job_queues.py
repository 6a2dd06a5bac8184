"""Create, update, delete and describe job queues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.local.api.pagination import check_count, page_by_offset
from airflow_batch_provider.local.api.scheduling_policies import existing_policy
from airflow_batch_provider.local.api.tag_rules import check_tags
from airflow_batch_provider.local.api.time_limit_actions import describe_time_limits, read_time_limits
from airflow_batch_provider.local.arn import name_of
from airflow_batch_provider.local.errors import ClientException, wrapped
from airflow_batch_provider.local.instance_types import architectures
from airflow_batch_provider.local.job_definitions import NAME
from airflow_batch_provider.local.lifecycle.capacity import ComputeEnvironment, JobQueue, ResourceStatus

if TYPE_CHECKING:
    from airflow_batch_provider.local.api.request import Request
    from airflow_batch_provider.local.lifecycle.policies import SchedulingPolicy

MAX_QUEUES: Final = 50
MAX_ENVIRONMENTS: Final = 3
UNSUPPORTED: Final = ("serviceEnvironmentOrder",)


def create_job_queue(request: Request) -> dict[str, Any]:
    params, region = request.params, request.region
    name = params["jobQueueName"]
    if not NAME.fullmatch(name):
        raise ClientException(f"jobQueueName {name!r} does not match {NAME.pattern}.")
    if name in region.scheduler.queues:
        raise ClientException(f"Object already exists: job queue {name}.")
    if len(region.scheduler.queues) >= MAX_QUEUES:
        raise ClientException(f"A Region has at most {MAX_QUEUES} job queues.")
    _check_supported(request)
    check_tags(params.get("tags", {}))
    arn = params.get("schedulingPolicyArn")
    queue = JobQueue(
        name=name,
        arn=region.location.batch_arn("job-queue", name),
        priority=params["priority"],
        environments=_environments(request),
        is_enabled=params.get("state", "ENABLED") == "ENABLED",
        policy=None if arn is None else existing_policy(request, arn),
        time_limits=read_time_limits(params.get("jobStateTimeLimitActions", [])),
        echoed={"jobQueueType": params["jobQueueType"]} if "jobQueueType" in params else {},
    )
    region.scheduler.queues[name] = queue
    region.tags[queue.arn] = dict(params.get("tags", {}))
    region.resource_changed(queue)
    return {"jobQueueName": name, "jobQueueArn": queue.arn}


def update_job_queue(request: Request) -> dict[str, Any]:
    params = request.params
    queue = _existing(request)
    _check_supported(request)
    environments = _environments(request) if "computeEnvironmentOrder" in params else queue.environments
    time_limits = (
        read_time_limits(params["jobStateTimeLimitActions"])
        if "jobStateTimeLimitActions" in params
        else queue.time_limits
    )
    queue.policy = _replaced_policy(request, queue)
    queue.environments, queue.time_limits = environments, time_limits
    if queue.policy is not None:
        request.region.scheduler.policy_changed(queue.policy)
    queue.priority = params.get("priority", queue.priority)
    queue.is_enabled = params.get("state", _state(queue)) == "ENABLED"
    queue.status = ResourceStatus.UPDATING
    request.region.resource_changed(queue)
    return {"jobQueueName": queue.name, "jobQueueArn": queue.arn}


def delete_job_queue(request: Request) -> dict[str, Any]:
    queue = _existing(request)
    if queue.is_enabled:
        raise ClientException("Cannot delete, job queue must be DISABLED first.")
    if queue.status is not ResourceStatus.VALID:
        raise ClientException("Cannot delete, resource is being modified")
    queue.status = ResourceStatus.DELETING
    request.region.resource_changed(queue)
    return {}


def describe_job_queues(request: Request) -> dict[str, Any]:
    params, region = request.params, request.region
    names = params.get("jobQueues", [])
    if names and "maxResults" in params:
        raise wrapped("JobQueues and MaxResults cannot both be set")
    check_count(names, "job queues")
    if names:
        found = (region.find_queue(name) for name in names)
        return {"jobQueues": [_describe(request, queue) for queue in found if queue is not None]}
    page, token = page_by_offset(region.scheduler.queues.values(), params)
    return {"jobQueues": [_describe(request, queue) for queue in page], "nextToken": token}


def _describe(request: Request, queue: JobQueue) -> dict[str, Any]:
    return {
        "jobQueueName": queue.name,
        "jobQueueArn": queue.arn,
        "state": _state(queue),
        "status": queue.status.value,
        "statusReason": "JobQueue Healthy",
        "priority": queue.priority,
        "computeEnvironmentOrder": [
            {"order": order, "computeEnvironment": environment.arn}
            for order, environment in enumerate(queue.environments, start=1)
        ],
        "serviceEnvironmentOrder": [],
        "schedulingPolicyArn": None if queue.policy is None else queue.policy.arn,
        "jobStateTimeLimitActions": describe_time_limits(queue.time_limits),
        "tags": request.region.tags.get(queue.arn, {}),
        **queue.echoed,
    }


def _check_supported(request: Request) -> None:
    for member in UNSUPPORTED:
        if request.params.get(member):
            raise ClientException(f"{member} is not supported locally.")


def _replaced_policy(request: Request, queue: JobQueue) -> SchedulingPolicy | None:
    """Return the policy of a queue after an update, which can replace it but not add or remove one."""
    arn = request.params.get("schedulingPolicyArn")
    if arn is None:
        return queue.policy
    if queue.policy is None:
        raise ClientException(
            f"JobQueue {queue.name} was created without a scheduling policy, which cannot be added later."
        )
    return existing_policy(request, arn)


def _environments(request: Request) -> tuple[ComputeEnvironment, ...]:
    order = request.params.get("computeEnvironmentOrder", [])
    if not 1 <= len(order) <= MAX_ENVIRONMENTS:
        raise ClientException(
            f"computeEnvironmentOrder has {len(order)} entries; it must have 1 to {MAX_ENVIRONMENTS}."
        )
    if len({entry["order"] for entry in order}) != len(order):
        raise ClientException("computeEnvironmentOrder has two entries with the same order.")
    ranked = sorted(order, key=lambda entry: entry["order"])
    environments = tuple(_valid_environment(request, entry["computeEnvironment"]) for entry in ranked)
    _check_one_kind(environments)
    _check_one_architecture(environments)
    return environments


def _valid_environment(request: Request, name_or_arn: str) -> ComputeEnvironment:
    environment = request.region.find_environment(name_or_arn)
    name = name_of(name_or_arn, "compute-environment")
    if environment is None:
        raise ClientException(f"Compute environment {name} does not exist.")
    if not environment.is_valid:
        raise ClientException(f"Compute environment {name} is not valid; its status is {environment.status}.")
    return environment


def _check_one_kind(environments: tuple[ComputeEnvironment, ...]) -> None:
    kinds = {
        environment.echoed.get("computeResources", {}).get("type", "EC2").startswith("FARGATE")
        for environment in environments
    }
    if len(kinds) > 1:
        raise ClientException("A job queue cannot mix EC2 and Fargate compute environments.")


def _check_one_architecture(environments: tuple[ComputeEnvironment, ...]) -> None:
    mixed = architectures(
        instance_type
        for environment in environments
        for instance_type in environment.echoed.get("computeResources", {}).get("instanceTypes", [])
    )
    if len(mixed) > 1:
        raise ClientException(
            f"The compute environments have the architectures {' and '.join(sorted(mixed))};"
            " a job queue supports only one."
        )


def _state(queue: JobQueue) -> str:
    return "ENABLED" if queue.is_enabled else "DISABLED"


def _existing(request: Request) -> JobQueue:
    name_or_arn = request.params["jobQueue"]
    queue = request.region.find_queue(name_or_arn)
    if queue is None:
        raise ClientException(f"JobQueue {name_of(name_or_arn, 'job-queue')} not found.")
    return queue
