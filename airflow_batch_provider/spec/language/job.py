"""Jobs and what they have in common."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Tag, model_validator

from airflow_batch_provider.spec.language.base import branch
from airflow_batch_provider.spec.language.connection import ConnectionSettings
from airflow_batch_provider.spec.language.definition import JobDefinition
from airflow_batch_provider.spec.language.dependency import Dependency
from airflow_batch_provider.spec.language.job_task import JobTaskSettings
from airflow_batch_provider.spec.values import Amount, Duration, Memory, Text, WholeNumber


def _kind_of_definition(value: Any) -> str:
    return branch("inline" if isinstance(value, dict | JobDefinition) else "name")


NameOrDefinition = Annotated[
    Annotated[Text, Tag(branch("name"))] | Annotated[JobDefinition, Tag(branch("inline"))],
    Discriminator(_kind_of_definition),
]


class JobSettings(JobTaskSettings):
    """What ``defaults`` can say for every job; a job's own word wins."""

    job_label: Text | None = None
    """What the job's name ends with; before it stand workflow, run and job key, to find it again."""
    job_queue: Text | None = None
    """The job queue: name or ARN."""
    job_definition: NameOrDefinition | None = None
    """``name`` (the latest active revision), ``name:revision`` or ARN; or a job definition in place."""
    command: list[Text] | None = None
    """The command in place of the job definition's; executed directly, not by a shell."""
    environment: dict[str, Text] | None = None
    """Environment variables, added to the job definition's or in place of those of the same name."""
    vcpus: Amount | None = None
    """vCPUs: whole on EC2, also 0.25 and 0.5 on Fargate."""
    memory: Memory | None = None
    """Memory: MiB, or with a unit (``512MiB``, ``2GiB``)."""
    gpus: WholeNumber | None = None
    """GPUs."""
    timeout: Duration | None = None
    """How long one attempt may run: seconds (at least 60) or ``2h``, ``90m``."""
    attempts: WholeNumber | None = None
    """Attempts that AWS Batch makes in all, 1 to 10."""
    parameters: dict[str, Text] | None = None
    """Values for the ``Ref::`` placeholders of the job definition."""
    tags: dict[str, Text] | None = None
    """Tags of the job."""
    propagate_tags: bool | None = None
    """Whether the tags reach the ECS task too."""
    share_identifier: Text | None = None
    """The share identifier, for a job queue with a fair-share scheduling policy."""
    scheduling_priority_override: WholeNumber | None = None
    """The priority inside the share, 0 to 9999."""
    container_overrides: dict[str, Any] | None = None
    """The full SubmitJob member, in snake_case; short forms are merged over it."""
    retry_strategy: dict[str, Any] | None = None
    """The full SubmitJob member with ``evaluate_on_exit``; ``attempts`` is merged over it."""
    ecs_properties_override: dict[str, Any] | None = None
    """The full SubmitJob member, for a job definition with several containers."""
    eks_properties_override: dict[str, Any] | None = None
    """The full SubmitJob member, for a job definition on EKS."""
    node_overrides: dict[str, Any] | None = None
    """The full SubmitJob member, for a multi-node parallel job."""
    consumable_resource_properties_override: dict[str, Any] | None = None
    """The full SubmitJob member: how much the job takes of consumable resources."""
    connection: ConnectionSettings | None = None
    """Where this job runs, if not where the workflow does; merged over the workflow's connection."""


class Job(JobSettings):
    """One AWS Batch job of a workflow."""

    array_size: WholeNumber | None = None
    """Makes this an array job of so many children, up to 1,000,000; above 10,000 it is several jobs."""
    depends_on: tuple[Dependency, ...] = ()
    """The jobs that must have succeeded before this one starts."""

    @model_validator(mode="before")
    @classmethod
    def _array_from_full_form(cls, value: Any) -> Any:
        """Read SubmitJob's ``array_properties: {size: …}`` as ``array_size``, which wins."""
        if not isinstance(value, dict) or not isinstance(value.get("array_properties"), dict):
            return value
        full = value["array_properties"]
        if set(full) != {"size"}:
            return value
        rest = {name: member for name, member in value.items() if name != "array_properties"}
        return {"array_size": full["size"], **rest}
