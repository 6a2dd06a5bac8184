"""Inline job definitions: job definitions in the workflow itself."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar, Literal

from pydantic import model_validator

from airflow_batch_provider.spec.language.base import LanguageModel
from airflow_batch_provider.spec.language.templated import (
    SecretReferences,
    TextMapping,
    Variables,
    Words,
    with_mappings,
)
from airflow_batch_provider.spec.values import Amount, Duration, Memory, Text, WholeNumber


class Platform(StrEnum):
    """The platforms of a job definition."""

    EC2 = "EC2"
    FARGATE = "FARGATE"


class JobDefinition(LanguageModel):
    """
    An inline job definition. It is registered on first use and reused while it does not change.

    It has the members of RegisterJobDefinition in snake_case, and short forms for those of
    ``container_properties``. Its name is generated from its content.
    """

    takes_aws_names: ClassVar[bool] = True

    type: Literal["container", "multinode"] | None = None
    """As in RegisterJobDefinition. It follows from the other keys, so you can leave it out."""
    image: Text | None = None
    """The container image."""
    command: Words | None = None
    """The command. Jobs can override it."""
    environment: Variables | None = None
    """Environment variables."""
    secrets: SecretReferences | None = None
    """Environment variables whose values come from Secrets Manager or Parameter Store, as ARNs."""
    vcpus: Amount | None = None
    """The number of vCPUs: a whole number on EC2, also 0.25 or 0.5 on Fargate."""
    memory: Memory | None = None
    """The amount of memory in MiB, or with a unit (``512MiB``, ``2GiB``)."""
    gpus: WholeNumber | None = None
    """The number of GPUs."""
    job_role_arn: Text | None = None
    """The IAM role that the program in the container assumes."""
    execution_role_arn: Text | None = None
    """The IAM role that pulls the image and writes the log. Required on Fargate."""
    platform_capabilities: list[Platform] | None = None
    """``[EC2]`` (the default) or ``[FARGATE]``."""
    parameters: TextMapping | None = None
    """Values for the ``Ref::`` placeholders in the command."""
    timeout: Duration | None = None
    """The maximum duration of an attempt."""
    attempts: WholeNumber | None = None
    """The total number of attempts that AWS Batch makes, 1 to 10."""
    retry_strategy: dict[str, Any] | None = None
    """The full member with ``evaluate_on_exit``. ``attempts`` overrides it."""
    scheduling_priority: WholeNumber | None = None
    """The scheduling priority within a share, 0 to 9999."""
    tags: TextMapping | None = None
    """The tags of the job definition."""
    propagate_tags: bool | None = None
    """Whether to copy the tags to the ECS task."""
    container_properties: dict[str, Any] | None = None
    """The full member. Short forms override it."""
    ecs_properties: dict[str, Any] | None = None
    """The full member, instead of ``container_properties``, for several containers."""
    eks_properties: dict[str, Any] | None = None
    """The full member, instead of ``container_properties``, for a pod on EKS."""
    node_properties: dict[str, Any] | None = None
    """The full member, instead of ``container_properties``, for a multi-node parallel job."""
    consumable_resource_properties: dict[str, Any] | None = None
    """The full member."""

    @classmethod
    def from_aws(cls, value: dict[str, Any]) -> dict[str, Any]:
        """Convert AWS's names and its lists of environment variables and secrets."""
        return with_mappings(super().from_aws(value), {"environment": "value", "secrets": "value_from"})

    @model_validator(mode="after")
    def _check_type(self) -> JobDefinition:
        is_multinode = self.node_properties is not None
        if self.type is not None and (self.type == "multinode") != is_multinode:
            which = "requires" if self.type == "multinode" else "cannot have"
            raise ValueError(f"a job definition of type '{self.type}' {which} 'node_properties'")
        return self
