"""What Airflow knows of a job's task, and Python tasks between jobs."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from airflow_batch_provider.spec.language.asset import AssetReference
from airflow_batch_provider.spec.language.base import LanguageModel
from airflow_batch_provider.spec.language.dependency import Dependency
from airflow_batch_provider.spec.values import FixedDuration, Text

_Count = Annotated[int, Field(ge=0, strict=True)]
_PositiveCount = Annotated[int, Field(ge=1, strict=True)]


class TriggerRule(StrEnum):
    """When a task runs, by how the tasks before it have ended."""

    ALL_SUCCESS = "all_success"
    ALL_FAILED = "all_failed"
    ALL_DONE = "all_done"
    ALL_DONE_MIN_ONE_SUCCESS = "all_done_min_one_success"
    ALL_SKIPPED = "all_skipped"
    ONE_SUCCESS = "one_success"
    ONE_FAILED = "one_failed"
    ONE_DONE = "one_done"
    NONE_FAILED = "none_failed"
    NONE_FAILED_MIN_ONE_SUCCESS = "none_failed_min_one_success"
    NONE_SKIPPED = "none_skipped"
    ALWAYS = "always"


class TaskSettings(LanguageModel):
    """The Airflow side of a job: settings of the task that follows it."""

    trigger_rule: TriggerRule | None = None
    """When the job is submitted, by how the tasks before it have ended; anything but ``all_success``
    makes Airflow, not AWS Batch, hold it back."""
    owner: Text | None = None
    """Who answers for the task in Airflow."""
    execution_timeout: FixedDuration | None = None
    """How long the task may take, the wait in the queue included; then its job is terminated."""
    retries: _Count | None = None
    """How often Airflow runs the task again, which submits the job anew; ``attempts`` comes first."""
    retry_delay: FixedDuration | None = None
    """The pause before Airflow runs the task again."""
    pool: Text | None = None
    """The Airflow pool; it counts waiting jobs only if it includes deferred tasks."""
    pool_slots: _PositiveCount | None = None
    """The slots that the task takes of its pool."""
    priority_weight: Annotated[int, Field(strict=True)] | None = None
    """The weight of the task in Airflow's queue; for AWS Batch see ``scheduling_priority_override``."""
    max_active_tis_per_dag: _PositiveCount | None = None
    """How many runs may have this task running or waiting at once."""
    produces: tuple[AssetReference, ...] | None = None
    """The assets that a success updates."""


class PythonTask(TaskSettings):
    """A Python function that Airflow runs between jobs; jobs depend on it as on a job."""

    python: str = Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$")
    """The function by its import path: ``package.module.function``; imported when the task runs."""
    arguments: dict[str, Any] | None = None
    """The function's keyword arguments; texts are templates. What it returns is its XCom."""
    depends_on: tuple[Dependency, ...] = ()
    """The jobs and tasks that must have succeeded before."""
