"""Turn a job definition that is part of a spec into a RegisterJobDefinition request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_batch_provider.names import camel_case_members
from airflow_batch_provider.spec.requests.amounts import with_memory_in_mebibytes
from airflow_batch_provider.spec.requests.short_forms import (
    Entries,
    container_members,
    merge_by_name,
    retry_strategy,
    sorted_by_name,
)

if TYPE_CHECKING:
    from airflow_batch_provider.spec.models import JobDefinition

_TOP_MEMBERS = {
    "platform_capabilities": "platformCapabilities",
    "parameters": "parameters",
    "scheduling_priority": "schedulingPriority",
    "propagate_tags": "propagateTags",
}
_FULL_MEMBERS = {
    "ecs_properties": "ecsProperties",
    "eks_properties": "eksProperties",
    "node_properties": "nodeProperties",
    "consumable_resource_properties": "consumableResourceProperties",
}
_CONTAINER_MEMBERS = {
    "image": "image",
    "job_role_arn": "jobRoleArn",
    "execution_role_arn": "executionRoleArn",
}


def registration(definition: JobDefinition, family: str) -> dict[str, Any]:
    """
    Build the request of a job definition; texts may be templates.

    :param family: the beginning of its name; the rest is a hash of its content, which is known at run time.
    """
    tags = {"tags": definition.tags} if definition.tags is not None else {}
    return {"jobDefinitionName": family, **definition_request(definition), **tags}


def definition_request(definition: JobDefinition) -> dict[str, Any]:
    """Build the members of RegisterJobDefinition, without name and tags."""
    is_multinode = definition.node_properties is not None
    request: dict[str, Any] = {"type": "multinode" if is_multinode else "container"}
    for field, member in _TOP_MEMBERS.items():
        if (value := getattr(definition, field)) is not None:
            request[member] = [str(each) for each in value] if isinstance(value, list) else value
    for field, member in _FULL_MEMBERS.items():
        if (value := getattr(definition, field)) is not None:
            request[member] = with_memory_in_mebibytes(camel_case_members(value))
    if definition.timeout is not None:
        request["timeout"] = {"attemptDurationSeconds": definition.timeout}
    if strategy := retry_strategy(definition):
        request["retryStrategy"] = strategy
    if container := _container_properties(definition):
        request["containerProperties"] = with_memory_in_mebibytes(container)
    return request


def _container_properties(definition: JobDefinition) -> dict[str, Any]:
    properties = container_members(camel_case_members(definition.container_properties or {}), definition)
    for field, member in _CONTAINER_MEMBERS.items():
        if (value := getattr(definition, field)) is not None:
            properties[member] = value
    secrets: Entries = [{"name": name, "valueFrom": arn} for name, arn in (definition.secrets or {}).items()]
    if several := merge_by_name(properties.pop("secrets", []), secrets, "name"):
        # Sorted, because the name of an inline definition contains a hash of its content.
        properties["secrets"] = sorted_by_name(several)
    return properties
