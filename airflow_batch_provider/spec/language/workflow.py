"""The workflow: the top level of a spec."""

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


class SubmissionMode(StrEnum):
    """Which tasks submit the jobs of a workflow."""

    AT_ONCE = "at_once"
    PER_JOB = "per_job"


class Workflow(LanguageModel):
    """A workflow of AWS Batch jobs."""

    workflow: str
    """The name of the workflow, and its DAG ID in Airflow."""
    description: str | None = None
    """One sentence about the workflow, shown in Airflow."""
    submission: SubmissionMode = SubmissionMode.AT_ONCE
    """``at_once``: one task submits all jobs. ``per_job``: one submitting task for each job."""
    airflow: AirflowSettings = AirflowSettings()
    """Airflow settings: schedule, params and the other arguments of ``DAG()``."""
    connection: ConnectionSettings = ConnectionSettings()
    """The connection to AWS."""
    defaults: JobSettings = JobSettings()
    """Settings of all jobs. A job overrides them; mappings are merged key by key."""
    resources: Resources = Resources()
    """The AWS Batch resources that ``airflow-batch resources`` creates."""
    jobs: dict[str, Job] = Field(min_length=1)
    """The jobs by job key, which is also the ID of the Airflow task."""
    tasks: dict[str, PythonTask] = {}
    """Python functions that Airflow runs between jobs, by task ID."""
    alerts: Alerts = Alerts()
    """Notifications about failed jobs and finished runs."""
    backfill: Backfill = Backfill()
    """Overrides for backfill runs."""

    @field_validator("workflow")
    @classmethod
    def _is_a_dag_id(cls, value: str) -> str:
        if not _DAG_ID.fullmatch(value):
            raise ValueError(
                f"{value!r} is not a valid DAG ID; use up to 250 letters, digits, '_', '-' and '.'"
            )
        return value

    @model_validator(mode="before")
    @classmethod
    def _inherit(cls, value: Any) -> Any:
        return apply_defaults(value) if isinstance(value, dict) else value


def apply_defaults(spec: dict[str, Any]) -> dict[str, Any]:
    """
    Merge ``defaults`` into every job.

    Mappings are merged key by key. Any other value of a job, null included, replaces the default.
    """
    defaults, jobs = spec.get("defaults", {}), spec.get("jobs")
    if isinstance(defaults, JobSettings):
        defaults = defaults.model_dump(exclude_unset=True)
    if not isinstance(defaults, dict) or not isinstance(jobs, dict):
        return spec
    return {**spec, "jobs": {key: merge(defaults, job) for key, job in jobs.items()}}


def merge(base: Any, override: Any) -> Any:
    """Merge ``override`` into ``base``: mappings key by key, any other value as a whole."""
    if isinstance(override, Job):
        override = override.model_dump(exclude_unset=True)
    if not isinstance(base, dict) or not isinstance(override, dict):
        return override
    return {**base, **{key: merge(base.get(key), value) for key, value in override.items()}}
