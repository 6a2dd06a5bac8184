"""Turn ``resources`` of a spec into requests of AWS Batch's create operations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from airflow_batch_provider.aws_requests.conversion import converted
from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.names import camel_case_members
from airflow_batch_provider.spec.language.resources import MANAGED_BY
from airflow_batch_provider.spec.requests.definition import definition_request

if TYPE_CHECKING:
    from airflow_batch_provider.spec.models import (
        ComputeEnvironment,
        JobDefinition,
        JobQueue,
        Resources,
        SchedulingPolicy,
        Workflow,
    )


class ResourceKind(StrEnum):
    """The kinds of resources, in creation order: each kind uses only those before it."""

    COMPUTE_ENVIRONMENT = "compute environment"
    SCHEDULING_POLICY = "scheduling policy"
    JOB_QUEUE = "job queue"
    JOB_DEFINITION = "job definition"


@dataclass(frozen=True, slots=True)
class DesiredResource:
    """
    A resource as the spec defines it.

    :param request: the members that the spec sets, in the shape of the create operation, without
        name and tags.
    """

    kind: ResourceKind
    name: str
    request: Mapping[str, Any]
    tags: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.kind} '{self.name}'"


def owner_tag(workflow: str) -> str:
    """Return the value of the tag ``managed-by`` for resources that a workflow's spec creates."""
    return f"airflow-batch/{workflow}"


def desired_resources(workflow: Workflow) -> tuple[DesiredResource, ...]:
    """Return the resources of a workflow's spec in creation order."""
    return owned_resources(workflow.resources, workflow.workflow)


def owned_resources(resources: Resources, owner: str) -> tuple[DesiredResource, ...]:
    """
    Return resources in creation order, tagged with their owner.

    :param owner: the workflow or DAG that the resources belong to.
    """
    owned = {MANAGED_BY: owner_tag(owner)}
    return tuple(
        DesiredResource(kind, name, request, {**(tags or {}), **owned})
        for kind, name, request, tags in _list_requests(resources)
    )


def _list_requests(
    resources: Resources,
) -> Iterator[tuple[ResourceKind, str, dict[str, Any], Mapping[str, str] | None]]:
    for name, environment in resources.compute_environments.items():
        yield ResourceKind.COMPUTE_ENVIRONMENT, name, _environment(environment), environment.tags
    for name, policy in resources.scheduling_policies.items():
        yield ResourceKind.SCHEDULING_POLICY, name, _policy(policy), policy.tags
    for name, queue in resources.job_queues.items():
        yield ResourceKind.JOB_QUEUE, name, _queue(queue), queue.tags
    for name, definition in resources.job_definitions.items():
        # Validation has refused tags that are a template: no run could render it.
        tags = None if isinstance(definition.tags, str) else definition.tags
        yield ResourceKind.JOB_DEFINITION, name, _definition(name, definition), tags


def _definition(name: str, definition: JobDefinition) -> dict[str, Any]:
    try:
        return converted(definition_request(definition))
    except ValueError as error:
        raise SpecError(f"job definition '{name}': {error}") from None


def _environment(environment: ComputeEnvironment) -> dict[str, Any]:
    return _members(environment.model_dump(mode="json", exclude={"tags"}, exclude_none=True))


def _policy(policy: SchedulingPolicy) -> dict[str, Any]:
    members = _members(policy.model_dump(mode="json", exclude={"tags"}, exclude_none=True))
    quota_shares = members.pop("quotaSharePolicy", None)
    return {"quotaSharePolicy": quota_shares} if quota_shares else {"fairsharePolicy": members}


def _queue(queue: JobQueue) -> dict[str, Any]:
    request = _members(queue.model_dump(mode="json", exclude={"tags"}, exclude_none=True))
    # A job queue has either compute environments or service environments.
    if not request["computeEnvironmentOrder"]:
        del request["computeEnvironmentOrder"]
    if "schedulingPolicy" in request:
        request["schedulingPolicyArn"] = request.pop(
            "schedulingPolicy"
        )  # names are resolved to ARNs when the request is sent
    return request


def _members(written: Mapping[str, Any]) -> dict[str, Any]:
    return dict(camel_case_members(dict(written)))
