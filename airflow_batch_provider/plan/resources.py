"""From ``resources`` of a spec to what the operations of AWS Batch take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from airflow_batch_provider.names import camel_case_members
from airflow_batch_provider.plan.definition import definition_request
from airflow_batch_provider.spec.language.resources import MANAGED_BY
from airflow_batch_provider.spec.models import (
    ComputeEnvironment,
    JobQueue,
    Resources,
    SchedulingPolicy,
    Workflow,
)

_VCPUS: Final = {
    "minVcpus": "minvCpus",
    "maxVcpus": "maxvCpus",
    "desiredVcpus": "desiredvCpus",
    "unmanagedVcpus": "unmanagedvCpus",
}
"""The members whose capitals follow no rule."""


class ResourceKind(StrEnum):
    """The kinds of resources, in the order in which they need each other."""

    COMPUTE_ENVIRONMENT = "compute environment"
    SCHEDULING_POLICY = "scheduling policy"
    JOB_QUEUE = "job queue"
    JOB_DEFINITION = "job definition"


@dataclass(frozen=True, slots=True)
class DesiredResource:
    """
    A resource as the spec wants it.

    :param request: the members that the author set, in the shape of the operation that creates
        it, without its name and its tags.
    """

    kind: ResourceKind
    name: str
    request: Mapping[str, Any]
    tags: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.kind} '{self.name}'"


def owner_tag(workflow: str) -> str:
    """Make the value of the tag ``managed-by`` on what a workflow's spec has created."""
    return f"airflow-batch/{workflow}"


def desired_resources(workflow: Workflow) -> tuple[DesiredResource, ...]:
    """List what a workflow's spec wants, in the order in which it can be created."""
    return desired_of(workflow.resources, workflow.workflow)


def desired_of(resources: Resources, owner: str) -> tuple[DesiredResource, ...]:
    """List resources, in the order in which they can be created, with whoever they belong to."""
    owned = {MANAGED_BY: owner_tag(owner)}
    return tuple(
        DesiredResource(kind, name, request, {**(tags or {}), **owned})
        for kind, name, request, tags in _wanted(resources)
    )


def _wanted(
    resources: Resources,
) -> Iterator[tuple[ResourceKind, str, dict[str, Any], Mapping[str, str] | None]]:
    for name, environment in resources.compute_environments.items():
        yield ResourceKind.COMPUTE_ENVIRONMENT, name, _environment(environment), environment.tags
    for name, policy in resources.scheduling_policies.items():
        yield ResourceKind.SCHEDULING_POLICY, name, _policy(policy), policy.tags
    for name, queue in resources.job_queues.items():
        yield ResourceKind.JOB_QUEUE, name, _queue(queue), queue.tags
    for name, definition in resources.job_definitions.items():
        yield ResourceKind.JOB_DEFINITION, name, definition_request(definition), definition.tags


def _environment(environment: ComputeEnvironment) -> dict[str, Any]:
    request = _members(environment.model_dump(mode="json", exclude={"tags"}, exclude_none=True))
    if "computeResources" in request:
        request["computeResources"] = _with_vcpus(request["computeResources"])
    return request


def _policy(policy: SchedulingPolicy) -> dict[str, Any]:
    members = _members(policy.model_dump(mode="json", exclude={"tags"}, exclude_none=True))
    quota_shares = members.pop("quotaSharePolicy", None)
    return {"quotaSharePolicy": quota_shares} if quota_shares else {"fairsharePolicy": members}


def _queue(queue: JobQueue) -> dict[str, Any]:
    request = _members(queue.model_dump(mode="json", exclude={"tags"}, exclude_none=True))
    if not request["computeEnvironmentOrder"]:
        del request["computeEnvironmentOrder"]
    if "schedulingPolicy" in request:
        request["schedulingPolicyArn"] = request.pop("schedulingPolicy")  # a name becomes an ARN later
    return request


def _members(written: Mapping[str, Any]) -> dict[str, Any]:
    return _with_vcpus(camel_case_members(dict(written)))


def _with_vcpus(members: Mapping[str, Any]) -> dict[str, Any]:
    return {_VCPUS.get(name, name): value for name, value in members.items()}
