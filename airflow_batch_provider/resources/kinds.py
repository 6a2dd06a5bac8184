"""The API calls for each kind of resource: find, create, update, disable, delete."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, Protocol

from airflow_batch_provider.errors import ResourceError
from airflow_batch_provider.plan.resources import DesiredResource, ResourceKind
from airflow_batch_provider.resources.observed import MemberPath, ObservedResource, ResourceStatus
from airflow_batch_provider.spec.language.resources import MANAGED_BY

_DELETED: Final = "DELETED"
_NESTED: Final = "computeResources"

Members = Collection[MemberPath]


class ResourceCalls(Protocol):
    """The API calls for one kind of resource."""

    def find(self, name: str) -> ObservedResource | None:
        """Describe a resource; return None if it does not exist."""

    def create(self, desired: DesiredResource) -> None:
        """Start creating a resource."""

    def update(self, observed: ObservedResource, desired: DesiredResource, members: Members) -> None:
        """
        Start updating a resource.

        :param members: the members to update, such as ``("priority",)`` or
            ``("computeResources", "maxvCpus")``.
        """

    def disable(self, observed: ObservedResource) -> None:
        """Start disabling a resource so that it accepts no more jobs."""

    def delete(self, observed: ObservedResource) -> None:
        """Start deleting a resource."""


class ComputeEnvironments:
    """The calls for compute environments."""

    def __init__(self, api: Any) -> None:
        self._api = api

    def find(self, name: str) -> ObservedResource | None:
        answer = self._api.describe_compute_environments(computeEnvironments=[name])
        for detail in answer["computeEnvironments"]:
            # AWS Batch still describes a resource for a while after its deletion.
            if detail.get("status") != _DELETED:
                return _observed(ResourceKind.COMPUTE_ENVIRONMENT, "computeEnvironment", detail)
        return None

    def create(self, desired: DesiredResource) -> None:
        self._api.create_compute_environment(
            computeEnvironmentName=desired.name, tags=desired.tags, **desired.request
        )

    def update(self, observed: ObservedResource, desired: DesiredResource, members: Members) -> None:
        self._api.update_compute_environment(
            computeEnvironment=observed.name, **_changed_members(desired.request, members)
        )

    def disable(self, observed: ObservedResource) -> None:
        self._api.update_compute_environment(computeEnvironment=observed.name, state="DISABLED")

    def delete(self, observed: ObservedResource) -> None:
        self._api.delete_compute_environment(computeEnvironment=observed.name)


class JobQueues:
    """The calls for job queues; names of compute environments and policies are sent as ARNs."""

    def __init__(self, api: Any, environments: ComputeEnvironments, policies: SchedulingPolicies) -> None:
        self._api = api
        self._environments = environments
        self._policies = policies

    def find(self, name: str) -> ObservedResource | None:
        for detail in self._api.describe_job_queues(jobQueues=[name])["jobQueues"]:
            if detail.get("status") != _DELETED:
                return _observed(ResourceKind.JOB_QUEUE, "jobQueue", detail)
        return None

    def create(self, desired: DesiredResource) -> None:
        request = self._with_arns(desired.request)
        self._api.create_job_queue(jobQueueName=desired.name, tags=desired.tags, **request)

    def update(self, observed: ObservedResource, desired: DesiredResource, members: Members) -> None:
        request = self._with_arns(_changed_members(desired.request, members))
        self._api.update_job_queue(jobQueue=observed.name, **request)

    def disable(self, observed: ObservedResource) -> None:
        self._api.update_job_queue(jobQueue=observed.name, state="DISABLED")

    def delete(self, observed: ObservedResource) -> None:
        self._api.delete_job_queue(jobQueue=observed.name)

    def _with_arns(self, request: Mapping[str, Any]) -> dict[str, Any]:
        resolved = dict(request)
        if "computeEnvironmentOrder" in resolved:
            resolved["computeEnvironmentOrder"] = [
                {**entry, "computeEnvironment": _resolve_arn(entry["computeEnvironment"], self._environments)}
                for entry in resolved["computeEnvironmentOrder"]
            ]
        if "schedulingPolicyArn" in resolved:
            resolved["schedulingPolicyArn"] = _resolve_arn(resolved["schedulingPolicyArn"], self._policies)
        return resolved


class SchedulingPolicies:
    """The calls for scheduling policies, which AWS Batch identifies by ARN."""

    def __init__(self, api: Any) -> None:
        self._api = api

    def find(self, name: str) -> ObservedResource | None:
        # DescribeSchedulingPolicies takes ARNs only, so that a name requires a listing.
        for page in self._api.get_paginator("list_scheduling_policies").paginate():
            for listed in page["schedulingPolicies"]:
                if listed["arn"].rpartition("/")[2] == name:
                    return self._describe(listed["arn"])
        return None

    def create(self, desired: DesiredResource) -> None:
        self._api.create_scheduling_policy(name=desired.name, tags=desired.tags, **desired.request)

    def update(
        self,
        observed: ObservedResource,
        desired: DesiredResource,
        members: Members,  # noqa: ARG002
    ) -> None:
        self._api.update_scheduling_policy(arn=observed.arn, **desired.request)

    def disable(self, observed: ObservedResource) -> None:
        """Do nothing: a scheduling policy has no state."""

    def delete(self, observed: ObservedResource) -> None:
        self._api.delete_scheduling_policy(arn=observed.arn)

    def _describe(self, arn: str) -> ObservedResource | None:
        for detail in self._api.describe_scheduling_policies(arns=[arn])["schedulingPolicies"]:
            return ObservedResource(
                ResourceKind.SCHEDULING_POLICY, detail["name"], arn, detail, tags=detail.get("tags", {})
            )
        return None


class JobDefinitions:
    """The calls for job definitions; comparisons use the newest active revision."""

    def __init__(self, api: Any) -> None:
        self._api = api

    def find(self, name: str) -> ObservedResource | None:
        newest = max(self._active(name), key=lambda detail: int(detail["revision"]), default=None)
        if newest is None:
            return None
        return ObservedResource(
            ResourceKind.JOB_DEFINITION, name, newest["jobDefinitionArn"], newest, tags=newest.get("tags", {})
        )

    def create(self, desired: DesiredResource) -> None:
        self._api.register_job_definition(
            jobDefinitionName=desired.name, tags=desired.tags, **desired.request
        )

    def update(
        self,
        observed: ObservedResource,  # noqa: ARG002
        desired: DesiredResource,
        members: Members,  # noqa: ARG002
    ) -> None:
        """Register a new revision; jobs that do not specify a revision use it from then on."""
        self.create(desired)

    def disable(self, observed: ObservedResource) -> None:
        """Do nothing: a job definition can be deregistered while it is active."""

    def delete(self, observed: ObservedResource) -> None:
        """Deregister all active revisions of the same owner."""
        for detail in list(self._active(observed.name)):
            if _owner(detail) == observed.owner:
                self._api.deregister_job_definition(jobDefinition=detail["jobDefinitionArn"])

    def _active(self, name: str) -> Iterator[Mapping[str, Any]]:
        pages = self._api.get_paginator("describe_job_definitions").paginate(
            jobDefinitionName=name, status="ACTIVE"
        )
        for page in pages:
            yield from page["jobDefinitions"]


def _observed(kind: ResourceKind, prefix: str, detail: Mapping[str, Any]) -> ObservedResource:
    return ObservedResource(
        kind=kind,
        name=detail[f"{prefix}Name"],
        arn=detail[f"{prefix}Arn"],
        members=detail,
        status=ResourceStatus(detail.get("status", ResourceStatus.VALID)),
        status_reason=detail.get("statusReason"),
        tags=detail.get("tags", {}),
    )


def _owner(detail: Mapping[str, Any]) -> str | None:
    owner: str | None = detail.get("tags", {}).get(MANAGED_BY)
    return owner


def _resolve_arn(name_or_arn: str, calls: ComputeEnvironments | SchedulingPolicies) -> str:
    if name_or_arn.startswith("arn:"):
        return name_or_arn
    found = calls.find(name_or_arn)
    if found is None:
        kind = "compute environment" if isinstance(calls, ComputeEnvironments) else "scheduling policy"
        raise ResourceError(
            f"{kind} '{name_or_arn}', which a job queue of the spec uses, does not exist; "
            "define it under 'resources', or correct the name"
        )
    return found.arn


def _changed_members(request: Mapping[str, Any], members: Members) -> dict[str, Any]:
    """Return the given members of a request; of ``computeResources``, only the nested ones."""
    chosen: dict[str, Any] = {}
    for path in members:
        if path[0] == _NESTED and len(path) > 1:
            chosen.setdefault(_NESTED, {})[path[1]] = request[_NESTED][path[1]]
        else:
            chosen[path[0]] = request[path[0]]
    return chosen
