"""What ``resources`` of a spec can say: what is made in AWS Batch before the jobs are submitted."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any, Final, Literal

from pydantic import Field, field_validator, model_validator

from airflow_batch_provider.spec.language.base import LanguageModel
from airflow_batch_provider.spec.language.definition import JobDefinition
from airflow_batch_provider.spec.values import Text, is_template

MANAGED_BY: Final = "managed-by"
"""The tag by which a resource says who has made it."""

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
_ENVIRONMENTS_MAX: Final = 3
_NUMBERS: Final = ("vcpus", "memory", "gpus", "timeout", "attempts", "scheduling_priority")


class ResourceState(StrEnum):
    """Whether a compute environment or job queue takes jobs."""

    ENABLED = "ENABLED"
    DISABLED = "DISABLED"


class ComputeResources(LanguageModel):
    """The hosts of a managed compute environment; members of CreateComputeEnvironment."""

    type: Literal["EC2", "SPOT", "FARGATE", "FARGATE_SPOT", "ECS_MANAGED_INSTANCES"]
    """What the jobs run on."""
    max_vcpus: int = Field(ge=0)
    """vCPUs of all hosts together."""
    min_vcpus: int | None = Field(default=None, ge=0)
    """vCPUs that are kept even without jobs; EC2 and Spot only, where AWS requires it."""
    desired_vcpus: int | None = Field(default=None, ge=0)
    """vCPUs to begin with; AWS Batch moves this number itself, so it is not compared afterwards."""
    allocation_strategy: str | None = None
    """How instance types are chosen; with ``BEST_FIT``, AWS's default, little can be updated in place."""
    instance_types: list[Text] | None = None
    """Types or families of instances, or ``optimal``."""
    subnets: list[Text] | None = None
    """The VPC subnets."""
    security_group_ids: list[Text] | None = None
    """The security groups of the hosts; of the tasks on Fargate."""
    instance_role: Text | None = None
    """The instance profile of the hosts: its name or ARN."""
    image_id: Text | None = None
    """The AMI; AWS prefers ``ec2_configuration``."""
    ec2_key_pair: Text | None = None
    """The key pair for logging in to the hosts."""
    placement_group: Text | None = None
    """The placement group of the hosts."""
    bid_percentage: int | None = Field(default=None, ge=0, le=100)
    """The highest Spot price, in percent of the on-demand price."""
    spot_iam_fleet_role: Text | None = None
    """The role of the Spot fleet, with ``BEST_FIT`` on Spot."""
    tags: dict[str, Text] | None = None
    """Tags of the instances."""
    capacity_tags: dict[str, Text] | None = None
    """Tags of the capacity that AWS Batch makes."""
    launch_template: dict[str, Any] | None = None
    """The launch template: the full member."""
    ec2_configuration: list[dict[str, Any]] | None = None
    """How AMIs are chosen: the full member."""
    scaling_policy: dict[str, Any] | None = None
    """How hosts are given up: the full member."""
    managed_instances_provider: dict[str, Any] | None = None
    """ECS managed instances: the full member."""


class ComputeEnvironment(LanguageModel):
    """A compute environment."""

    type: Literal["MANAGED", "UNMANAGED"] = "MANAGED"
    """Who looks after the hosts."""
    state: ResourceState = ResourceState.ENABLED
    """``DISABLED`` takes no new jobs."""
    compute_resources: ComputeResources | None = None
    """The hosts; required for ``MANAGED``."""
    unmanaged_vcpus: int | None = Field(default=None, ge=0)
    """vCPUs of an unmanaged environment, for fair-share scheduling."""
    service_role: Text | None = None
    """The role of AWS Batch; without it the service-linked role, as AWS recommends."""
    eks_configuration: dict[str, Any] | None = None
    """The EKS cluster: the full member."""
    ecs_settings: dict[str, Any] | None = None
    """Settings of the ECS cluster: the full member."""
    context: Text | None = None
    """Reserved by AWS."""
    tags: dict[str, Text] | None = None
    """Its tags; ``managed-by`` is added."""

    @model_validator(mode="after")
    def _has_hosts(self) -> ComputeEnvironment:
        if self.type == "MANAGED" and self.compute_resources is None:
            raise ValueError("a MANAGED compute environment needs 'compute_resources'")
        return self


class Share(LanguageModel):
    """How a share identifier is weighed."""

    share_identifier: Text
    """The share identifier; ``*`` at its end stands for the rest."""
    weight_factor: float | None = Field(default=None, ge=0.0001, le=999.9999)
    """A lower weight gets more of the compute environment; 1 unless given."""


class SchedulingPolicy(LanguageModel):
    """A scheduling policy with fair shares."""

    share_decay_seconds: int | None = Field(default=None, ge=0, le=604_800)
    """How far back usage counts."""
    compute_reservation: int | None = Field(default=None, ge=0, le=99)
    """What is kept free for shares that are not active yet."""
    share_distribution: list[Share] | None = None
    """The weights of the shares."""
    quota_share_policy: dict[str, Any] | None = None
    """Quota shares in place of fair shares: the full member."""
    tags: dict[str, Text] | None = None
    """Its tags; ``managed-by`` is added."""


class EnvironmentOrder(LanguageModel):
    """An entry of ``compute_environment_order``; a plain text takes its place in the list."""

    order: int
    """The lowest is tried first."""
    compute_environment: Text
    """Name or ARN."""


class JobQueue(LanguageModel):
    """A job queue."""

    priority: int = Field(ge=0)
    """Of queues that share a compute environment, the higher comes first."""
    state: ResourceState = ResourceState.ENABLED
    """``DISABLED`` takes no new jobs."""
    compute_environment_order: tuple[EnvironmentOrder, ...] = ()
    """Up to three compute environments, of this spec or others, in the order in which they are tried."""
    scheduling_policy: Text | None = None
    """The scheduling policy: name or ARN. It can be replaced, not added later."""
    job_queue_type: Text | None = None
    """``ECS``, ``ECS_FARGATE``, ``EKS``, …; AWS derives it from the compute environments."""
    service_environment_order: list[dict[str, Any]] | None = None
    """Service environments in place of compute environments: the full member."""
    job_state_time_limit_actions: list[dict[str, Any]] | None = None
    """What becomes of jobs that are stuck as RUNNABLE: the full member."""
    tags: dict[str, Text] | None = None
    """Its tags; ``managed-by`` is added."""

    @field_validator("compute_environment_order", mode="before")
    @classmethod
    def _from_names(cls, value: Any) -> Any:
        if not isinstance(value, list | tuple):
            return value
        return [
            {"order": order, "compute_environment": entry} if isinstance(entry, str) else entry
            for order, entry in enumerate(value, start=1)
        ]

    @model_validator(mode="after")
    def _runs_somewhere(self) -> JobQueue:
        if not self.compute_environment_order and not self.service_environment_order:
            raise ValueError("a job queue needs 'compute_environment_order' (or 'service_environment_order')")
        if (count := len(self.compute_environment_order)) > _ENVIRONMENTS_MAX:
            raise ValueError(f"it has {count} compute environments; a job queue takes {_ENVIRONMENTS_MAX}")
        return self


class Resources(LanguageModel):
    """What the workflow needs in AWS Batch; by name."""

    compute_environments: dict[str, ComputeEnvironment] = {}
    """Compute environments."""
    scheduling_policies: dict[str, SchedulingPolicy] = {}
    """Scheduling policies."""
    job_queues: dict[str, JobQueue] = {}
    """Job queues."""
    job_definitions: dict[str, JobDefinition] = {}
    """Job definitions."""

    @field_validator("*")
    @classmethod
    def _can_be_made(cls, value: dict[str, Any]) -> dict[str, Any]:
        for name, resource in value.items():
            if not _NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no name for AWS Batch: up to 128 letters, digits, '_' and '-'")
            if MANAGED_BY in (resource.tags or {}):
                raise ValueError(
                    f"the tag '{MANAGED_BY}' of '{name}' says which spec has made it; leave it out"
                )
        return value

    @field_validator("job_definitions")
    @classmethod
    def _has_no_templates(cls, value: dict[str, JobDefinition]) -> dict[str, JobDefinition]:
        for name, definition in value.items():
            for member in _NUMBERS:
                if is_template(written := getattr(definition, member)):
                    raise ValueError(
                        f"{member} of '{name}' is the template {written!r}; it is made before any run: "
                        "write the value itself"
                    )
        return value
