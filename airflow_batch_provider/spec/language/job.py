"""Jobs, and the settings that all jobs can share."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final, Literal

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


SUBMIT_JOB_MEMBERS: Final = (
    "job_definition",
    "job_queue",
    "share_identifier",
    "scheduling_priority_override",
    "array_properties",
    "parameters",
    "container_overrides",
    "node_overrides",
    "retry_strategy",
    "propagate_tags",
    "timeout",
    "tags",
    "eks_properties_override",
    "ecs_properties_override",
    "consumable_resource_properties_override",
)
"""
SubmitJob's members in snake_case: keys of a job here, keywords of the operators.

``jobName`` and ``dependsOn`` are left out: the provider sets them when it submits the job.
"""


class Submitter(StrEnum):
    """The task that submits a job."""

    OWN_TASK = "own_task"


class JobSettings(JobTaskSettings):
    """Settings of a job that ``defaults`` can set for all jobs."""

    job_label: Text | None = None
    """A suffix for the job name, which is otherwise generated from the workflow, the run and the job key."""
    job_queue: Text | None = None
    """The name or ARN of the job queue."""
    job_definition: NameOrDefinition | None = None
    """``name`` (the latest active revision), ``name:revision`` or ARN; or an inline job definition."""
    command: list[Text] | None = None
    """Overrides the command of the job definition. It is executed directly, not by a shell."""
    environment: dict[str, Text] | None = None
    """Environment variables. They are added to those of the job definition and override equal names."""
    vcpus: Amount | None = None
    """The number of vCPUs: a whole number on EC2, also 0.25 or 0.5 on Fargate."""
    memory: Memory | None = None
    """The amount of memory in MiB, or with a unit (``512MiB``, ``2GiB``)."""
    gpus: WholeNumber | None = None
    """The number of GPUs."""
    timeout: Duration | None = None
    """The maximum duration of an attempt: seconds (at least 60), or ``2h``, ``90m``."""
    attempts: WholeNumber | None = None
    """The total number of attempts that AWS Batch makes, 1 to 10."""
    parameters: dict[str, Text] | None = None
    """Values for the ``Ref::`` placeholders in the command of the job definition."""
    tags: dict[str, Text] | None = None
    """The tags of the job."""
    propagate_tags: bool | None = None
    """Whether to copy the tags to the ECS task."""
    share_identifier: Text | None = None
    """The share identifier. Requires a job queue with a fair-share scheduling policy."""
    scheduling_priority_override: WholeNumber | None = None
    """The scheduling priority within the share, 0 to 9999."""
    container_overrides: dict[str, Any] | None = None
    """The full SubmitJob member in snake_case. Short forms override it."""
    retry_strategy: dict[str, Any] | None = None
    """The full SubmitJob member with ``evaluate_on_exit``. ``attempts`` overrides it."""
    ecs_properties_override: dict[str, Any] | None = None
    """The full SubmitJob member, for a job definition with several containers."""
    eks_properties_override: dict[str, Any] | None = None
    """The full SubmitJob member, for a job definition on EKS."""
    node_overrides: dict[str, Any] | None = None
    """The full SubmitJob member, for a multi-node parallel job."""
    consumable_resource_properties_override: dict[str, Any] | None = None
    """The full SubmitJob member: the consumable resources that the job requires."""
    connection: ConnectionSettings | None = None
    """The connection of this job. It is merged into the connection of the workflow."""


class Job(JobSettings):
    """One AWS Batch job of a workflow."""

    array_size: WholeNumber | None = None
    """Makes this an array job with up to 1,000,000 children. Above 10,000, it is split into several jobs."""
    depends_on: tuple[Dependency, ...] = ()
    """The jobs that must succeed before this job starts."""
    submitted_by: Literal[Submitter.OWN_TASK] | None = None
    """``own_task``: the job's own task submits it, after all tasks upstream of it. Required if your DAG file
    adds tasks upstream of this job's task."""

    @model_validator(mode="before")
    @classmethod
    def _array_from_full_form(cls, value: Any) -> Any:
        """Convert SubmitJob's ``array_properties: {size: …}`` to ``array_size``, which overrides it."""
        if not isinstance(value, dict) or not isinstance(value.get("array_properties"), dict):
            return value
        full = value["array_properties"]
        if set(full) != {"size"}:
            return value
        rest = {name: member for name, member in value.items() if name != "array_properties"}
        return {"array_size": full["size"], **rest}
