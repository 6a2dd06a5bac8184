"""The workflow: the top level of a spec."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any, Final

from pydantic import Field, field_validator, model_validator

from airflow_batch_provider.names import camel_case, has_free_keys
from airflow_batch_provider.spec.language.airflow import AirflowSettings
from airflow_batch_provider.spec.language.alerts import Alerts
from airflow_batch_provider.spec.language.aws_names import in_own_names
from airflow_batch_provider.spec.language.backfill import Backfill
from airflow_batch_provider.spec.language.base import LanguageModel, fields_in_full
from airflow_batch_provider.spec.language.connection import ConnectionSettings
from airflow_batch_provider.spec.language.definition import JobDefinition
from airflow_batch_provider.spec.language.job import Job, JobSettings
from airflow_batch_provider.spec.language.resources import Resources
from airflow_batch_provider.spec.language.task import PythonTask

_FULL_MEMBERS: Final = frozenset(fields_in_full(JobSettings, JobDefinition))
_DAG_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,250}")


SUBMIT_TASK: Final = "submit"
"""The ID of the task that submits a workflow, or, within its task group, a job; no job key in ``at_once``."""


WAIT_TASK: Final = "wait"
"""With ``per_job``, the last part of the ID of the task that follows a job."""


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
        return apply_defaults(in_own_names(cls, value)) if isinstance(value, dict) else value


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
    merged = {
        key: _merge_members(base.get(key), value) if key in _FULL_MEMBERS else merge(base.get(key), value)
        for key, value in override.items()
    }
    return {**base, **merged}


def _merge_members(base: Any, override: Any) -> Any:
    """Merge members of AWS's API, which can have different spellings in the two."""
    if not isinstance(base, dict) or not isinstance(override, dict):
        return override
    spelled = {camel_case(name): name for name in override}
    respelled = {spelled.get(camel_case(name), name): value for name, value in base.items()}
    merged = {
        name: (merge if has_free_keys(name) else _merge_members)(respelled.get(name), value)
        for name, value in override.items()
    }
    return {**respelled, **merged}
