"""The policy of those who make and delete a workflow's resources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from airflow_batch_provider.plan.policy.jobs import TASK_SERVICE, roles_of
from airflow_batch_provider.plan.policy.statement import Condition, Place, allow, pass_roles, policy
from airflow_batch_provider.plan.resources import DesiredResource, ResourceKind
from airflow_batch_provider.spec.language.resources import MANAGED_BY

_ARN_KINDS: Final = {
    ResourceKind.COMPUTE_ENVIRONMENT: "compute-environment",
    ResourceKind.SCHEDULING_POLICY: "scheduling-policy",
    ResourceKind.JOB_QUEUE: "job-queue",
    ResourceKind.JOB_DEFINITION: "job-definition",
}
_OPERATION_NAMES: Final = {
    ResourceKind.COMPUTE_ENVIRONMENT: "ComputeEnvironment",
    ResourceKind.SCHEDULING_POLICY: "SchedulingPolicy",
    ResourceKind.JOB_QUEUE: "JobQueue",
}
_LOOK: Final = (
    "batch:DescribeComputeEnvironments",
    "batch:DescribeJobQueues",
    "batch:DescribeJobDefinitions",
    "batch:DescribeSchedulingPolicies",
    "batch:ListSchedulingPolicies",
    "batch:ListJobs",
)
_BATCH_SERVICE: Final = "batch.amazonaws.com"
_INSTANCE_SERVICE: Final = "ec2.amazonaws.com"
_SPOT_FLEET_SERVICE: Final = "spotfleet.amazonaws.com"


def resources_policy(desired: Sequence[DesiredResource], place: Place) -> dict[str, Any]:
    """
    Allow what ``airflow-batch resources`` does, on the resources of this spec alone.

    Everything is created with the tag ``managed-by``, and only what has it is updated and
    deleted.
    """
    if not desired:
        return policy()
    owner = desired[0].tags[MANAGED_BY]
    requested = {"StringEquals": {f"aws:RequestTag/{MANAGED_BY}": owner}}
    owned = {"StringEquals": {f"aws:ResourceTag/{MANAGED_BY}": owner}}
    return policy(
        allow("Look", _LOOK),
        *(
            statement
            for kind in _OPERATION_NAMES
            for statement in _of_kind(kind, _of(kind, desired), place, requested, owned)
        ),
        *_of_definitions(_of(ResourceKind.JOB_DEFINITION, desired), place, requested, owned),
        _what_queues_use(_of(ResourceKind.JOB_QUEUE, desired), place),
        _tags(desired, place),
        *_passing_roles(desired, place),
    )


def _of(kind: ResourceKind, desired: Iterable[DesiredResource]) -> list[DesiredResource]:
    return [resource for resource in desired if resource.kind is kind]


def _arn(resource: DesiredResource, place: Place) -> str:
    return place.batch(_ARN_KINDS[resource.kind], resource.name)


def _of_kind(
    kind: ResourceKind,
    resources: Sequence[DesiredResource],
    place: Place,
    requested: Condition,
    owned: Condition,
) -> Iterator[dict[str, Any]]:
    name, arns = _OPERATION_NAMES[kind], [_arn(each, place) for each in resources]
    yield allow(f"Create{name}", [f"batch:Create{name}"], arns, requested)
    yield allow(f"Change{name}", [f"batch:Update{name}", f"batch:Delete{name}"], arns, owned)


def _of_definitions(
    resources: Sequence[DesiredResource], place: Place, requested: Condition, owned: Condition
) -> Iterator[dict[str, Any]]:
    arns = [_arn(each, place) for each in resources]
    yield allow("RegisterJobDefinition", ["batch:RegisterJobDefinition"], arns, requested)
    yield allow(
        "DeregisterJobDefinition", ["batch:DeregisterJobDefinition"], (f"{arn}:*" for arn in arns), owned
    )


def _what_queues_use(queues: Sequence[DesiredResource], place: Place) -> dict[str, Any]:
    """Allow queues to be put on compute environments and policies, of whoever: AWS asks for these as well."""
    used: list[str] = []
    for queue in queues:
        for entry in queue.request.get("computeEnvironmentOrder", ()):
            used.append(place.batch("compute-environment", entry["computeEnvironment"]))
        if policy_name := queue.request.get("schedulingPolicyArn"):
            used.append(place.batch("scheduling-policy", policy_name))
    return allow("UseInJobQueue", ["batch:CreateJobQueue", "batch:UpdateJobQueue"], used)


def _tags(desired: Sequence[DesiredResource], place: Place) -> dict[str, Any]:
    keys = sorted({key for resource in desired for key in resource.tags})
    arns = (
        f"{_arn(each, place)}:*" if each.kind is ResourceKind.JOB_DEFINITION else _arn(each, place)
        for each in desired
    )
    return allow("Tag", ["batch:TagResource"], arns, {"ForAllValues:StringEquals": {"aws:TagKeys": keys}})


def _passing_roles(desired: Sequence[DesiredResource], place: Place) -> Iterator[dict[str, Any]]:
    environments = _of(ResourceKind.COMPUTE_ENVIRONMENT, desired)
    hosts = [each.request.get("computeResources", {}) for each in environments]
    for sid, roles, service in (
        ("PassServiceRole", [each.request.get("serviceRole") for each in environments], _BATCH_SERVICE),
        ("PassInstanceRole", [each.get("instanceRole") for each in hosts], _INSTANCE_SERVICE),
        ("PassSpotFleetRole", [each.get("spotIamFleetRole") for each in hosts], _SPOT_FLEET_SERVICE),
    ):
        yield pass_roles(sid, (place.role(role) for role in roles if role), [service])
    definitions = _of(ResourceKind.JOB_DEFINITION, desired)
    of_jobs = (place.role(role) for each in definitions for role in roles_of(each.request))
    yield pass_roles("PassRolesOfJobs", of_jobs, [TASK_SERVICE])
    yield from _service_linked_role(environments, place)


def _service_linked_role(environments: Sequence[DesiredResource], place: Place) -> Iterator[dict[str, Any]]:
    """AWS makes the service-linked role with the first compute environment that names no other."""
    if any("serviceRole" not in each.request for each in environments):
        yield allow(
            "CreateServiceLinkedRole",
            ["iam:CreateServiceLinkedRole"],
            [place.role(f"aws-service-role/{_BATCH_SERVICE}/AWSServiceRoleForBatch")],
            {"StringEquals": {"iam:AWSServiceName": _BATCH_SERVICE}},
        )
