"""Create, update, delete and describe compute environments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from airflow_batch_provider.local.api.pagination import check_count, page_by_offset
from airflow_batch_provider.local.api.tag_rules import check_tags
from airflow_batch_provider.local.arn import name_of
from airflow_batch_provider.local.errors import ClientException, wrapped
from airflow_batch_provider.local.instance_types import architectures, host_sizes
from airflow_batch_provider.local.job_definitions import NAME
from airflow_batch_provider.local.lifecycle.capacity import ComputeEnvironment, HostSize, ResourceStatus

if TYPE_CHECKING:
    from airflow_batch_provider.local.api.request import Request

MAX_ENVIRONMENTS: Final = 50
ECHOED: Final = ("type", "unmanagedvCpus", "computeResources", "serviceRole", "context", "ecsSettings")
UPDATED: Final = ("unmanagedvCpus", "serviceRole", "context", "ecsSettings")
NOT_ECHOED: Final = "updateToLatestImageVersion"


def create_compute_environment(request: Request) -> dict[str, Any]:
    params, region = request.params, request.region
    name = params["computeEnvironmentName"]
    if not NAME.fullmatch(name):
        raise ClientException(f"computeEnvironmentName {name!r} does not match {NAME.pattern}.")
    if name in region.environments:
        raise ClientException(f"Object already exists: compute environment {name}.")
    if len(region.environments) >= MAX_ENVIRONMENTS:
        raise ClientException(f"A Region has at most {MAX_ENVIRONMENTS} compute environments.")
    if "eksConfiguration" in params:
        raise ClientException("eksConfiguration is not supported locally.")
    _check_resources(params)
    check_tags(params.get("tags", {}))
    environment = ComputeEnvironment(
        name=name,
        arn=region.location.batch_arn("compute-environment", name),
        cluster=f"AWSBatch-{name}-{uuid4()}",
        capacity=_capacity(params),
        host_sizes=_host_sizes(params),
        is_enabled=params.get("state", "ENABLED") == "ENABLED",
        echoed={member: params[member] for member in ECHOED if member in params},
    )
    region.environments[name] = environment
    region.tags[environment.arn] = dict(params.get("tags", {}))
    region.resource_changed(environment)
    return {"computeEnvironmentName": name, "computeEnvironmentArn": environment.arn}


def update_compute_environment(request: Request) -> dict[str, Any]:
    params = request.params
    environment = _existing(request)
    updated = {member: params[member] for member in UPDATED if member in params}
    if "computeResources" in params:
        updated["computeResources"] = _updated_resources(environment, params["computeResources"])
    echoed = {**environment.echoed, **updated}
    _check_resources(echoed)
    environment.echoed = echoed
    environment.capacity = _capacity(echoed)
    environment.host_sizes = _host_sizes(echoed)
    environment.is_enabled = params.get("state", _state(environment)) == "ENABLED"
    environment.status = ResourceStatus.UPDATING
    request.region.resource_changed(environment)
    return {"computeEnvironmentName": environment.name, "computeEnvironmentArn": environment.arn}


def delete_compute_environment(request: Request) -> dict[str, Any]:
    environment = _existing(request)
    if environment.is_enabled:
        raise ClientException("Cannot delete, compute environment must be DISABLED first.")
    if any(environment in queue.environments for queue in request.region.scheduler.queues.values()):
        raise ClientException("Cannot delete, found existing JobQueue relationship")
    if environment.status not in (ResourceStatus.VALID, ResourceStatus.INVALID):
        raise ClientException("Cannot delete, resource is being modified")
    environment.status = ResourceStatus.DELETING
    request.region.resource_changed(environment)
    return {}


def describe_compute_environments(request: Request) -> dict[str, Any]:
    params, region = request.params, request.region
    names: list[str] = params.get("computeEnvironments", [])
    if names and "maxResults" in params:
        raise wrapped("ComputeEnvironments and MaxResults cannot both be set")
    check_count(names, "compute environments")
    if names:
        found = (region.find_environment(name) for name in names)
        environments = [environment for environment in found if environment is not None]
        return {"computeEnvironments": [_describe(request, environment) for environment in environments]}
    page, token = page_by_offset(region.environments.values(), params)
    return {"computeEnvironments": [_describe(request, each) for each in page], "nextToken": token}


def _describe(request: Request, environment: ComputeEnvironment) -> dict[str, Any]:
    return {
        "computeEnvironmentName": environment.name,
        "computeEnvironmentArn": environment.arn,
        "ecsClusterArn": request.region.location.ecs_arn("cluster", environment.cluster),
        "tags": request.region.tags.get(environment.arn, {}),
        "state": _state(environment),
        "status": environment.status.value,
        "statusReason": environment.defect or "ComputeEnvironment Healthy",
        "containerOrchestrationType": "ECS",
        "uuid": environment.cluster[-36:],
        **environment.echoed,
    }


def _updated_resources(environment: ComputeEnvironment, update: Mapping[str, Any]) -> Mapping[str, Any]:
    if "computeResources" not in environment.echoed:
        raise ClientException(f"Compute environment {environment.name} has no compute resources to update.")
    if "managedInstancesProvider" in update:
        raise ClientException("managedInstancesProvider is not supported locally.")
    kept = {member: value for member, value in update.items() if member != NOT_ECHOED}
    return {**environment.echoed["computeResources"], **kept}


def _check_resources(params: Mapping[str, Any]) -> None:
    resources = params.get("computeResources")
    if resources is None:
        if params["type"] == "MANAGED":
            raise ClientException("computeResources must be provided for a MANAGED compute environment")
        return
    if resources["maxvCpus"] < 0:
        raise ClientException(f"maxvCpus is {resources['maxvCpus']}; it must not be negative.")
    if not resources["type"].startswith("FARGATE"):
        _check_one_architecture(resources)
        return
    for member in ("desiredvCpus", "tags"):
        if member in resources:
            raise wrapped(f"{member} is not applicable for Fargate.")


def _check_one_architecture(resources: Mapping[str, Any]) -> None:
    mixed = architectures(resources.get("instanceTypes", []))
    if len(mixed) > 1:
        raise ClientException(
            f"instanceTypes mixes the architectures {' and '.join(sorted(mixed))};"
            " a compute environment supports only one."
        )


def _capacity(described: Mapping[str, Any]) -> int | None:
    resources = described.get("computeResources")
    vcpus = described.get("unmanagedvCpus") if resources is None else resources["maxvCpus"]
    return None if vcpus is None else vcpus * 1000


def _host_sizes(described: Mapping[str, Any]) -> tuple[HostSize, ...] | None:
    resources = described.get("computeResources", {})
    if resources.get("type", "").startswith("FARGATE") or not resources.get("instanceTypes"):
        return None
    return host_sizes(resources["instanceTypes"])


def _state(environment: ComputeEnvironment) -> str:
    return "ENABLED" if environment.is_enabled else "DISABLED"


def _existing(request: Request) -> ComputeEnvironment:
    name_or_arn = request.params["computeEnvironment"]
    environment = request.region.find_environment(name_or_arn)
    if environment is None:
        raise ClientException(
            f"Compute environment {name_of(name_or_arn, 'compute-environment')} does not exist."
        )
    return environment
