"""The workflow language: the models that YAML, JSON and Python specs share."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from airflow_batch_provider.names import camel_case
from airflow_batch_provider.spec.values import Amount, Duration, Memory, Text, WholeNumber

_DAG_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,250}")
_LISTS_OF_MAPPINGS: Final = frozenset({"environment", "resourceRequirements"})


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class DependencyType(StrEnum):
    """How an array job depends on another job, or its children on each other."""

    N_TO_N = "N_TO_N"
    SEQUENTIAL = "SEQUENTIAL"


class Arrangement(StrEnum):
    """Which tasks submit the jobs of a workflow."""

    AT_ONCE = "at_once"
    PER_JOB = "per_job"


class Dependency(_Model):
    """An entry of ``depends_on``; a plain text stands for ``{job: text}``."""

    job: str | None = None
    """The job key that must have succeeded; left out with ``type: SEQUENTIAL`` alone."""
    type: DependencyType | None = None
    """``N_TO_N``: child by child. ``SEQUENTIAL``: this array job's own children one after the other."""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {"job": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _names_a_job(self) -> Dependency:
        if self.job is None and self.type is not DependencyType.SEQUENTIAL:
            raise ValueError("a dependency names its 'job'; only 'type: SEQUENTIAL' can stand alone")
        return self


class JobSettings(_Model):
    """What ``defaults`` can say for every job; a job's own word wins."""

    job_queue: Text | None = None
    """The job queue: name or ARN."""
    job_definition: Text | None = None
    """The job definition: ``name`` (the latest active revision), ``name:revision`` or ARN."""
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

    @field_validator("container_overrides")
    @classmethod
    def _lists_entries(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        for name, entries in (value or {}).items():
            is_list = isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)
            if camel_case(name) in _LISTS_OF_MAPPINGS and not is_list:
                raise ValueError(f"'{name}' is a list of mappings in here, as in SubmitJob")
        return value


class Job(JobSettings):
    """One AWS Batch job of a workflow."""

    array_size: WholeNumber | None = None
    """Makes this an array job of so many children, up to 1,000,000; above 10,000 it is several jobs."""
    depends_on: tuple[Dependency, ...] = ()
    """The jobs that must have succeeded before this one starts."""


class AirflowSettings(BaseModel):
    """How the workflow runs in Airflow; further keys go to ``DAG()`` as they are."""

    model_config = ConfigDict(extra="allow", frozen=True, use_attribute_docstrings=True)

    schedule: str | timedelta | None = None
    """A cron expression or preset, each run with a real data interval; or a timedelta; or nothing."""
    start_date: datetime | None = None
    """The start of the first data interval; UTC unless an offset is given."""
    end_date: datetime | None = None
    """No run starts after this."""
    catchup: bool = False
    """Whether the scheduler makes up for runs between ``start_date`` and now."""

    @field_validator("schedule", mode="before")
    @classmethod
    def _is_no_number(cls, value: Any) -> Any:
        if isinstance(value, int | float):
            raise ValueError(f"{value!r} is no schedule; write a cron expression or '@daily' and its like")
        return value

    @field_validator("start_date", "end_date", mode="before")
    @classmethod
    def _from_date(cls, value: Any) -> Any:
        if isinstance(value, int | float):
            raise ValueError(f"{value!r} is no date; write it as 2006-01-31")
        is_day = isinstance(value, date) and not isinstance(value, datetime)
        return datetime(value.year, value.month, value.day) if is_day else value


class ConnectionSettings(_Model):
    """The Airflow connection to AWS, as every AWS operator takes it."""

    aws_conn_id: str | None = "aws_default"
    """The connection id; null means boto3's own credentials."""
    region_name: str | None = None
    """The region in place of the connection's."""
    verify: bool | str | None = None
    """Whether TLS certificates are verified, or a CA bundle's path."""
    botocore_config: dict[str, Any] | None = None
    """Keywords of ``botocore.config.Config``."""


class Workflow(_Model):
    """A workflow of AWS Batch jobs: what the author writes once."""

    workflow: str
    """The workflow's name; in Airflow the DAG id."""
    description: str | None = None
    """One sentence for the people who watch the runs."""
    submission: Arrangement = Arrangement.AT_ONCE
    """``at_once``: one task submits all jobs. ``per_job``: one submitting task for each job."""
    airflow: AirflowSettings = AirflowSettings()
    """How it runs in Airflow."""
    connection: ConnectionSettings = ConnectionSettings()
    """Where it runs."""
    defaults: JobSettings = JobSettings()
    """Settings of every job that does not say otherwise; mappings are merged key by key."""
    jobs: dict[str, Job] = Field(min_length=1)
    """The jobs by job key; the key is the Airflow task's id."""

    @field_validator("workflow")
    @classmethod
    def _is_a_dag_id(cls, value: str) -> str:
        if not _DAG_ID.fullmatch(value):
            raise ValueError(f"{value!r} becomes a DAG id: up to 250 letters, digits, '_', '-' and '.'")
        return value

    @model_validator(mode="before")
    @classmethod
    def _inherit(cls, value: Any) -> Any:
        return with_defaults(value) if isinstance(value, dict) else value


def with_defaults(spec: dict[str, Any]) -> dict[str, Any]:
    """Merge ``defaults`` into every job: mappings key by key, everything else replaced, by null as well."""
    defaults, jobs = spec.get("defaults", {}), spec.get("jobs")
    if isinstance(defaults, JobSettings):
        defaults = defaults.model_dump(exclude_unset=True)
    if not isinstance(defaults, dict) or not isinstance(jobs, dict):
        return spec
    written = {key: {} if job is None else job for key, job in jobs.items()}
    return {**spec, "jobs": {key: _merged(defaults, job) for key, job in written.items()}}


def _merged(under: Any, over: Any) -> Any:
    if isinstance(over, Job):
        over = over.model_dump(exclude_unset=True)
    if not isinstance(under, dict) or not isinstance(over, dict):
        return over
    return {**under, **{key: _merged(under.get(key), value) for key, value in over.items()}}
