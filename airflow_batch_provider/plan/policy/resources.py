"""The IAM policy for creating, updating and deleting a workflow's resources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from airflow_batch_provider.plan.policy.jobs import TASK_SERVICE, find_roles
from airflow_batch_provider.plan.policy.statement import (
    ArnBuilder,
    Condition,
    allow,
    allow_pass_role,
    policy_document,
)
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
_DESCRIBE_ACTIONS: Final = (
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


def build_resources_policy(desired: Sequence[DesiredResource], builder: ArnBuilder) -> dict[str, Any]:
    """
    Return the policy for ``airflow-batch resources``, restricted to the resources of one spec.

    Resources are created with the tag ``managed-by``; only resources with this tag can be updated
    and deleted.
    """
    if not desired:
        return policy_document()
    owner = desired[0].tags[MANAGED_BY]
    requested = {"StringEquals": {f"aws:RequestTag/{MANAGED_BY}": owner}}
    owned = {"StringEquals": {f"aws:ResourceTag/{MANAGED_BY}": owner}}
    return policy_document(
        allow("Describe", _DESCRIBE_ACTIONS),
        *(
            statement
            for kind in _OPERATION_NAMES
            for statement in _allow_changes(kind, _filter_by_kind(kind, desired), builder, requested, owned)
        ),
        *_allow_definitions(_filter_by_kind(ResourceKind.JOB_DEFINITION, desired), builder, requested, owned),
        _allow_queue_members(_filter_by_kind(ResourceKind.JOB_QUEUE, desired), builder),
        _allow_tags(desired, builder),
        *_allow_pass_roles(desired, builder),
    )


def _filter_by_kind(kind: ResourceKind, desired: Iterable[DesiredResource]) -> list[DesiredResource]:
    return [resource for resource in desired if resource.kind is kind]


def _arn(resource: DesiredResource, builder: ArnBuilder) -> str:
    return builder.batch(_ARN_KINDS[resource.kind], resource.name)


def _allow_changes(
    kind: ResourceKind,
    resources: Sequence[DesiredResource],
    builder: ArnBuilder,
    requested: Condition,
    owned: Condition,
) -> Iterator[dict[str, Any]]:
    name, arns = _OPERATION_NAMES[kind], [_arn(each, builder) for each in resources]
    yield allow(f"Create{name}", [f"batch:Create{name}"], arns, requested)
    yield allow(f"Change{name}", [f"batch:Update{name}", f"batch:Delete{name}"], arns, owned)


def _allow_definitions(
    resources: Sequence[DesiredResource], builder: ArnBuilder, requested: Condition, owned: Condition
) -> Iterator[dict[str, Any]]:
    arns = [_arn(each, builder) for each in resources]
    yield allow("RegisterJobDefinition", ["batch:RegisterJobDefinition"], arns, requested)
    yield allow(
        "DeregisterJobDefinition", ["batch:DeregisterJobDefinition"], (f"{arn}:*" for arn in arns), owned
    )


def _allow_queue_members(queues: Sequence[DesiredResource], builder: ArnBuilder) -> dict[str, Any]:
    """
    Allow job queues to use their compute environments and scheduling policies.

    CreateJobQueue and UpdateJobQueue require permission on these too, regardless of their owner.
    """
    used: list[str] = []
    for queue in queues:
        for entry in queue.request.get("computeEnvironmentOrder", ()):
            used.append(builder.batch("compute-environment", entry["computeEnvironment"]))
        if policy_name := queue.request.get("schedulingPolicyArn"):
            used.append(builder.batch("scheduling-policy", policy_name))
    return allow("UseInJobQueue", ["batch:CreateJobQueue", "batch:UpdateJobQueue"], used)


def _allow_tags(desired: Sequence[DesiredResource], builder: ArnBuilder) -> dict[str, Any]:
    keys = sorted({key for resource in desired for key in resource.tags})
    arns = (
        f"{_arn(each, builder)}:*" if each.kind is ResourceKind.JOB_DEFINITION else _arn(each, builder)
        for each in desired
    )
    return allow("Tag", ["batch:TagResource"], arns, {"ForAllValues:StringEquals": {"aws:TagKeys": keys}})


def _allow_pass_roles(desired: Sequence[DesiredResource], builder: ArnBuilder) -> Iterator[dict[str, Any]]:
    environments = _filter_by_kind(ResourceKind.COMPUTE_ENVIRONMENT, desired)
    hosts = [each.request.get("computeResources", {}) for each in environments]
    for sid, roles, service in (
        ("PassServiceRole", [each.request.get("serviceRole") for each in environments], _BATCH_SERVICE),
        ("PassInstanceRole", [each.get("instanceRole") for each in hosts], _INSTANCE_SERVICE),
        ("PassSpotFleetRole", [each.get("spotIamFleetRole") for each in hosts], _SPOT_FLEET_SERVICE),
    ):
        yield allow_pass_role(sid, (builder.role(role) for role in roles if role), [service])
    definitions = _filter_by_kind(ResourceKind.JOB_DEFINITION, desired)
    of_jobs = (builder.role(role) for each in definitions for role in find_roles(each.request))
    yield allow_pass_role("PassJobRoles", of_jobs, [TASK_SERVICE])
    yield from _allow_service_linked_role(environments, builder)


def _allow_service_linked_role(
    environments: Sequence[DesiredResource], builder: ArnBuilder
) -> Iterator[dict[str, Any]]:
    """Allow creating the service-linked role, which the first environment without a service role needs."""
    if any("serviceRole" not in each.request for each in environments):
        yield allow(
            "CreateServiceLinkedRole",
            ["iam:CreateServiceLinkedRole"],
            [builder.role(f"aws-service-role/{_BATCH_SERVICE}/AWSServiceRoleForBatch")],
            {"StringEquals": {"iam:AWSServiceName": _BATCH_SERVICE}},
        )
