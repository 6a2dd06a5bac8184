"""A job definition that stands in the workflow itself."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from airflow_batch_provider.spec.language.base import LanguageModel
from airflow_batch_provider.spec.values import Amount, Duration, Memory, Text, WholeNumber


class Platform(StrEnum):
    """What a job definition's jobs can run on."""

    EC2 = "EC2"
    FARGATE = "FARGATE"


class JobDefinition(LanguageModel):
    """
    A job definition written in place: registered when it is new, reused when it is not.

    The members of RegisterJobDefinition in snake_case, and short forms for those of
    ``container_properties``; its name is made from its content.
    """

    image: Text | None = None
    """The container image."""
    command: list[Text] | None = None
    """The command that jobs run unless they say otherwise."""
    environment: dict[str, Text] | None = None
    """Environment variables."""
    secrets: dict[str, Text] | None = None
    """Environment variables by the ARN of the secret or parameter that holds their value."""
    vcpus: Amount | None = None
    """vCPUs: whole on EC2, also 0.25 and 0.5 on Fargate."""
    memory: Memory | None = None
    """Memory: MiB, or with a unit (``512MiB``, ``2GiB``)."""
    gpus: WholeNumber | None = None
    """GPUs."""
    job_role_arn: Text | None = None
    """The role of the program in the container."""
    execution_role_arn: Text | None = None
    """The role that pulls the image and writes the log; needed on Fargate."""
    platform_capabilities: list[Platform] | None = None
    """``[EC2]`` or ``[FARGATE]``; EC2 unless given."""
    parameters: dict[str, Text] | None = None
    """Values for the ``Ref::`` placeholders of the command."""
    timeout: Duration | None = None
    """How long one attempt may run."""
    attempts: WholeNumber | None = None
    """Attempts that AWS Batch makes in all, 1 to 10."""
    retry_strategy: dict[str, Any] | None = None
    """The full member with ``evaluate_on_exit``; ``attempts`` is merged over it."""
    scheduling_priority: WholeNumber | None = None
    """The priority inside a share, 0 to 9999."""
    tags: dict[str, Text] | None = None
    """Tags of the job definition."""
    propagate_tags: bool | None = None
    """Whether the tags reach the ECS task too."""
    container_properties: dict[str, Any] | None = None
    """The full member; short forms are merged over it."""
    ecs_properties: dict[str, Any] | None = None
    """The full member, in place of ``container_properties``: several containers."""
    eks_properties: dict[str, Any] | None = None
    """The full member, in place of ``container_properties``: a pod on EKS."""
    node_properties: dict[str, Any] | None = None
    """The full member, in place of ``container_properties``: a multi-node parallel job."""
    consumable_resource_properties: dict[str, Any] | None = None
    """The full member."""
