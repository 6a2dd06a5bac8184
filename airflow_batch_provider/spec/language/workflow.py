"""The workflow itself."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any, Final

from pydantic import Field, field_validator, model_validator

from airflow_batch_provider.spec.language.airflow import AirflowSettings
from airflow_batch_provider.spec.language.alerts import Alerts
from airflow_batch_provider.spec.language.backfill import Backfill
from airflow_batch_provider.spec.language.base import LanguageModel
from airflow_batch_provider.spec.language.connection import ConnectionSettings
from airflow_batch_provider.spec.language.job import Job, JobSettings
from airflow_batch_provider.spec.language.resources import Resources
from airflow_batch_provider.spec.language.task import PythonTask

_DAG_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,250}")


SUBMIT_TASK: Final = "submit"
"""The ID of the task that submits a workflow, or, within its task group, a job; no job key in ``at_once``."""


class Arrangement(StrEnum):
    """Which tasks submit the jobs of a workflow."""

    AT_ONCE = "at_once"
    PER_JOB = "per_job"


class Workflow(LanguageModel):
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
    resources: Resources = Resources()
    """What ``airflow-batch resources`` makes in AWS Batch."""
    jobs: dict[str, Job] = Field(min_length=1)
    """The jobs by job key; the key is the Airflow task's id."""
    tasks: dict[str, PythonTask] = {}
    """Python functions that Airflow runs between jobs, by task id."""
    alerts: Alerts = Alerts()
    """Whom to tell how jobs and runs have ended."""
    backfill: Backfill = Backfill()
    """What backfill runs take instead."""

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
    return {**spec, "jobs": {key: merged(defaults, job) for key, job in written.items()}}


def merged(under: Any, over: Any) -> Any:
    """Lay one value over another: mappings key by key, everything else replaced."""
    if isinstance(over, Job):
        over = over.model_dump(exclude_unset=True)
    if not isinstance(under, dict) or not isinstance(over, dict):
        return over
    return {**under, **{key: merged(under.get(key), value) for key, value in over.items()}}
