"""Register, deregister and describe job definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.local.api import containers, fargate, retry_and_timeout
from airflow_batch_provider.local.api.consumable_requirements import check_requirements
from airflow_batch_provider.local.api.ecs_properties import check_task, describe_task, only_task
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
    for member in UNSUPPORTED:
        if member in params:
            raise ClientException(f"{member} is not supported locally.")
    if params["type"] != "container":
        raise ClientException(f"Job definitions of type {params['type']} are not supported locally.")
    _check_properties(request)
    check_tags(params.get("tags", {}))
    check_priority("schedulingPriority", params)
    check_requirements(params.get("consumableResourceProperties", {}))
    retry_and_timeout.check_retry_and_timeout(params, request.settings)


def _check_properties(request: Request) -> None:
    params, platform = request.params, request.params.get("platformCapabilities", [])
    is_fargate = "FARGATE" in platform
    if "containerProperties" in params and "ecsProperties" in params:
        raise ClientException("Only one of containerProperties and ecsProperties can be provided.")
    if "ecsProperties" in params:
        check_task(only_task(params["ecsProperties"]), request.settings, is_fargate=is_fargate)
        return
    if "containerProperties" not in params:
        raise ClientException("containerProperties must be provided for type container.")
    if "MANAGED_INSTANCES" in platform:
        raise ClientException("Job definitions with MANAGED_INSTANCES must use ecsProperties.")
    _check_container(params["containerProperties"], request.settings, is_fargate=is_fargate)


def _check_container(container: containers.Container, settings: ApiSettings, *, is_fargate: bool) -> None:
    containers.check_image_and_user(container)
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
