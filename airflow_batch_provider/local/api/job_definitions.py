"""Register, deregister and describe job definitions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.local.api import containers, fargate, retry_and_timeout
from airflow_batch_provider.local.api.consumable_requirements import check_requirements
from airflow_batch_provider.local.api.ecs_properties import check_task, describe_task, only_task
from airflow_batch_provider.local.api.operating_system import check_system
from airflow_batch_provider.local.api.pagination import check_count, page_by_offset
from airflow_batch_provider.local.api.shares import check_priority
from airflow_batch_provider.local.api.tag_rules import check_tags
from airflow_batch_provider.local.arn import name_of
from airflow_batch_provider.local.errors import ClientException, wrapped
from airflow_batch_provider.local.job_definitions import NAME, JobDefinition

if TYPE_CHECKING:
    from airflow_batch_provider.local.api.request import ApiSettings, Request

MAX_DEFINITION_BYTES: Final = 24 * 1024
NOT_WITH_NAMES: Final = ("jobDefinitionName", "status", "nextToken")
UNSUPPORTED: Final = ("nodeProperties", "eksProperties")
KINDS: Final = {
    "container": ("containerProperties", "ecsProperties", "eksProperties"),
    "multinode": ("nodeProperties",),
}
"""The kinds of properties by type; a definition has one of them."""

NOT_FOR_EKS: Final = ("platformCapabilities", "propagateTags")
ECHOED: Final = (
    "type",
    "schedulingPriority",
    "timeout",
    "propagateTags",
    "platformCapabilities",
    "consumableResourceProperties",
)


def register_job_definition(request: Request) -> dict[str, Any]:
    params, region = request.params, request.region
    _check(request)
    definition = region.definitions.register(params)
    region.tags[definition.arn] = dict(params.get("tags", {}))
    return {
        "jobDefinitionName": definition.name,
        "jobDefinitionArn": definition.arn,
        "revision": definition.revision,
    }


def deregister_job_definition(request: Request) -> dict[str, Any]:
    request.region.definitions.deregister(request.params["jobDefinition"], request.now)
    return {}


def describe_job_definitions(request: Request) -> dict[str, Any]:
    params, region = request.params, request.region
    named = params.get("jobDefinitions", [])
    if named and "maxResults" in params:
        raise wrapped("JobDefinitions and MaxResults cannot both be set")
    if named:
        for member in NOT_WITH_NAMES:
            if member in params:
                raise ClientException(f"jobDefinitions and {member} cannot both be set")
        check_count(named, "job definitions")
        found = (region.definitions.get(name) for name in named)
        definitions = [each for each in found if each is not None and each.is_retained_at(request.now)]
        return {"jobDefinitions": [_describe(request, definition) for definition in definitions]}
    name = params.get("jobDefinitionName")
    rest = region.definitions.newest_first(None if name is None else name_of(name, "job-definition"))
    status = params.get("status")
    matching = (each for each in rest if status in (None, each.status) and each.is_retained_at(request.now))
    page, token = page_by_offset(matching, params)
    return {"jobDefinitions": [_describe(request, definition) for definition in page], "nextToken": token}


def _check(request: Request) -> None:
    params = request.params
    if request.size > MAX_DEFINITION_BYTES:
        raise ClientException(
            f"The request has {request.size} bytes;"
            f" the maximum for a job definition is {MAX_DEFINITION_BYTES}."
        )
    if not NAME.fullmatch(params["jobDefinitionName"]):
        raise ClientException(
            f"jobDefinitionName {params['jobDefinitionName']!r} does not match {NAME.pattern}."
        )
    _check_kind(params)
    _check_properties(request)
    check_tags(params.get("tags", {}))
    check_priority("schedulingPriority", params)
    check_requirements(params.get("consumableResourceProperties", {}))
    retry_and_timeout.check_retry_and_timeout(params, request.settings)


def _check_kind(params: Mapping[str, Any]) -> None:
    """Raise ``ClientException`` unless there is one kind of properties, for the type and the platform."""
    allowed = KINDS[params["type"]]
    given = [kind for kinds in KINDS.values() for kind in kinds if kind in params]
    if len(given) != 1 or given[0] not in allowed:
        raise ClientException(
            f"A job definition of type {params['type']} must have one of {', '.join(allowed)},"
            f" not {' and '.join(given) or 'none'}."
        )
    if given == ["nodeProperties"] and "FARGATE" in params.get("platformCapabilities", []):
        raise ClientException("nodeProperties is not applicable for Fargate.")
    if given == ["eksProperties"]:
        for member in NOT_FOR_EKS:
            if params.get(member):
                raise ClientException(f"{member} must not be specified for EKS.")
    if given[0] in UNSUPPORTED:
        raise ClientException(f"{given[0]} is not supported locally.")


def _check_properties(request: Request) -> None:
    params, platform = request.params, request.params.get("platformCapabilities", [])
    is_fargate = "FARGATE" in platform
    if "ecsProperties" in params:
        check_task(only_task(params["ecsProperties"]), request.settings, is_fargate=is_fargate)
        return
    if "MANAGED_INSTANCES" in platform:
        raise ClientException("Job definitions with MANAGED_INSTANCES must use ecsProperties.")
    _check_container(params["containerProperties"], request.settings, is_fargate=is_fargate)


def _check_container(container: containers.Container, settings: ApiSettings, *, is_fargate: bool) -> None:
    containers.check_image_and_user(container)
    containers.check_command(container)
    check_system(container)
    if is_fargate:
        fargate.check_for_fargate(container)
        fargate.check_sizes(*containers.sizes_of(container))
    else:
        fargate.check_for_ec2(container)
        containers.check_resources(container)
    containers.check_environment(container.get("environment", []), settings)


def _describe_properties(definition: JobDefinition) -> dict[str, Any]:
    task = definition.task
    if task is None:
        return {"containerProperties": containers.describe_defaults(definition.container)}
    members = [containers.describe_defaults(container) for container in task["containers"]]
    return {"ecsProperties": {"taskProperties": [describe_task(task, members)]}}


def _describe(request: Request, definition: JobDefinition) -> dict[str, Any]:
    params = definition.request
    return {
        "jobDefinitionName": definition.name,
        "jobDefinitionArn": definition.arn,
        "revision": definition.revision,
        "status": definition.status,
        "parameters": params.get("parameters", {}),
        "retryStrategy": retry_and_timeout.describe_retry(params.get("retryStrategy")),
        "tags": request.region.tags.get(definition.arn, {}),
        "containerOrchestrationType": "ECS",
        **_describe_properties(definition),
        **{member: params[member] for member in ECHOED if member in params},
    }
