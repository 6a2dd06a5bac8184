"""The AWS Batch resources of a spec, which are created before jobs are submitted."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from airflow_batch_provider.spec.language.base import LanguageModel
from airflow_batch_provider.spec.language.definition import JobDefinition
from airflow_batch_provider.spec.values import Text, is_template

MANAGED_BY: Final = "managed-by"
"""The tag that identifies the spec that manages a resource."""

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
_ENVIRONMENTS_MAX: Final = 3
_NUMBERS: Final = ("vcpus", "memory", "gpus", "timeout", "attempts", "scheduling_priority")


class ResourceState(StrEnum):
    """Whether a compute environment or job queue accepts jobs."""

    ENABLED = "ENABLED"
    DISABLED = "DISABLED"


class ComputeResources(LanguageModel):
    """The compute resources of a managed compute environment, as in CreateComputeEnvironment."""

    type: Literal["EC2", "SPOT", "FARGATE", "FARGATE_SPOT", "ECS_MANAGED_INSTANCES"]
    """The type of compute resources."""
    max_vcpus: int = Field(ge=0)
    """The maximum number of vCPUs of all instances together."""
    min_vcpus: int | None = Field(default=None, ge=0)
    """The number of vCPUs to keep without jobs. EC2 and Spot only, where AWS requires it."""
    desired_vcpus: int | None = Field(default=None, ge=0)
    """The initial number of vCPUs. AWS Batch changes it, so later updates ignore it."""
    allocation_strategy: str | None = None
    """How AWS Batch chooses instance types. With ``BEST_FIT`` (the default), few updates are possible."""
    instance_types: list[Text] | None = None
    """Instance types or families, or ``optimal``."""
    subnets: list[Text] | None = None
    """The IDs of the VPC subnets."""
    security_group_ids: list[Text] | None = None
    """The security groups of the instances, or of the tasks on Fargate."""
    instance_role: Text | None = None
    """The name or ARN of the instance profile."""
    image_id: Text | None = None
    """The AMI. AWS recommends ``ec2_configuration`` instead."""
    ec2_key_pair: Text | None = None
    """The key pair for logging in to the instances."""
    placement_group: Text | None = None
    """The placement group of the instances."""
    bid_percentage: int | None = Field(default=None, ge=0, le=100)
    """The maximum Spot price as a percentage of the on-demand price."""
    spot_iam_fleet_role: Text | None = None
    """The IAM role of the Spot fleet, for ``BEST_FIT`` on Spot."""
    tags: dict[str, Text] | None = None
    """The tags of the instances."""
    capacity_tags: dict[str, Text] | None = None
    """The tags of the capacity that AWS Batch creates."""
    launch_template: dict[str, Any] | None = None
    """The launch template: the full member."""
    ec2_configuration: list[dict[str, Any]] | None = None
    """How AWS Batch chooses AMIs: the full member."""
    scaling_policy: dict[str, Any] | None = None
    """How AWS Batch scales in: the full member."""
    managed_instances_provider: dict[str, Any] | None = None
    """ECS managed instances: the full member."""


class ComputeEnvironment(LanguageModel):
    """A compute environment."""

    type: Literal["MANAGED", "UNMANAGED"] = "MANAGED"
    """Whether AWS Batch manages the compute resources."""
    state: ResourceState = ResourceState.ENABLED
    """``DISABLED`` accepts no new jobs."""
    compute_resources: ComputeResources | None = None
    """The compute resources. Required for ``MANAGED``."""
    unmanaged_vcpus: int | None = Field(default=None, ge=0)
    """The number of vCPUs of an unmanaged environment, for fair-share scheduling."""
    service_role: Text | None = None
    """The IAM role of AWS Batch. The default is the service-linked role, as AWS recommends."""
    eks_configuration: dict[str, Any] | None = None
    """The EKS cluster: the full member."""
    ecs_settings: dict[str, Any] | None = None
    """Settings of the ECS cluster: the full member."""
    context: Text | None = None
    """Reserved by AWS."""
    tags: dict[str, Text] | None = None
    """The tags. The provider adds ``managed-by``."""

    @model_validator(mode="after")
    def _check_compute_resources(self) -> ComputeEnvironment:
        if self.type == "MANAGED" and self.compute_resources is None:
            raise ValueError("a MANAGED compute environment requires 'compute_resources'")
        return self


class Share(LanguageModel):
    """The weight of a share identifier."""

    share_identifier: Text
    """The share identifier; with ``*`` at the end, a prefix."""
    weight_factor: float | None = Field(default=None, ge=0.0001, le=999.9999)
    """The weight. A lower weight gets a larger share of the compute environment. The default is 1."""


class SchedulingPolicy(LanguageModel):
    """A fair-share scheduling policy."""

    share_decay_seconds: int | None = Field(default=None, ge=0, le=604_800)
    """The period over which past usage counts, in seconds."""
    compute_reservation: int | None = Field(default=None, ge=0, le=99)
    """How much capacity to reserve for shares that are not active yet, 0 to 99."""
    share_distribution: list[Share] | None = None
    """The weights of the shares."""
    quota_share_policy: dict[str, Any] | None = None
    """Quota shares instead of fair shares: the full member."""
    tags: dict[str, Text] | None = None
    """The tags. The provider adds ``managed-by``."""


class EnvironmentOrder(LanguageModel):
    """An entry of ``compute_environment_order``. For a plain string, the order is its place in the list."""

    order: int
    """The order; AWS Batch tries the lowest first."""
    compute_environment: Text
    """The name or ARN of the compute environment."""


class JobQueue(LanguageModel):
    """A job queue."""

    priority: int = Field(ge=0)
    """The priority among queues that share a compute environment; higher comes first."""
    state: ResourceState = ResourceState.ENABLED
    """``DISABLED`` accepts no new jobs."""
    compute_environment_order: tuple[EnvironmentOrder, ...] = ()
    """Up to three compute environments, of this spec or not, in the order in which AWS Batch tries them."""
    scheduling_policy: Text | None = None
    """The name or ARN of the scheduling policy. It can be replaced, but not added later."""
    job_queue_type: Text | None = None
    """``ECS``, ``ECS_FARGATE``, ``EKS``, …. By default, AWS derives it from the compute environments."""
    service_environment_order: list[dict[str, Any]] | None = None
    """Service environments instead of compute environments: the full member."""
    job_state_time_limit_actions: list[dict[str, Any]] | None = None
    """Actions on jobs that are stuck in RUNNABLE: the full member."""
    tags: dict[str, Text] | None = None
    """The tags. The provider adds ``managed-by``."""

    @field_validator("compute_environment_order", mode="before")
    @classmethod
    def _from_strings(cls, value: Any) -> Any:
        if not isinstance(value, list | tuple):
            return value
        return [
            {"order": order, "compute_environment": entry} if isinstance(entry, str) else entry
            for order, entry in enumerate(value, start=1)
        ]

    @model_validator(mode="after")
    def _check_environments(self) -> JobQueue:
        if not self.compute_environment_order and not self.service_environment_order:
            raise ValueError(
                "a job queue requires 'compute_environment_order' or 'service_environment_order'"
            )
        if (count := len(self.compute_environment_order)) > _ENVIRONMENTS_MAX:
            raise ValueError(f"{count} compute environments; a job queue accepts at most {_ENVIRONMENTS_MAX}")
        return self


def _check_name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError(
            f"{value!r} is not a valid name in AWS Batch; use up to 128 letters, digits, '_' and '-'"
        )
    return value


def _check_tags(value: Any) -> Any:
    if MANAGED_BY in (value.tags or {}):
        raise ValueError(f"the provider sets the tag '{MANAGED_BY}' itself; remove it")
    return value


def _check_for_templates(value: JobDefinition) -> JobDefinition:
    written = {member: getattr(value, member) for member in _NUMBERS}
    templates = [f"{member} is {text!r}" for member, text in written.items() if is_template(text)]
    if templates:
        raise ValueError(
            "resources are created before any run, so templates have no values; "
            f"write literal values, because {' and '.join(templates)}"
        )
    return value


_Name = Annotated[str, AfterValidator(_check_name)]
_CheckTags = AfterValidator(_check_tags)


class Resources(LanguageModel):
    """The AWS Batch resources of the workflow, by name."""

    compute_environments: dict[_Name, Annotated[ComputeEnvironment, _CheckTags]] = {}
    """The compute environments."""
    scheduling_policies: dict[_Name, Annotated[SchedulingPolicy, _CheckTags]] = {}
    """The scheduling policies."""
    job_queues: dict[_Name, Annotated[JobQueue, _CheckTags]] = {}
    """The job queues."""
    job_definitions: dict[
        _Name, Annotated[JobDefinition, _CheckTags, AfterValidator(_check_for_templates)]
    ] = {}
    """The job definitions."""
