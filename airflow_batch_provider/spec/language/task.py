"""Settings of Airflow tasks, and Python tasks between jobs."""

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
    """When a task runs, depending on the states of its upstream tasks."""

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
    """Settings of the Airflow task that follows a job."""

    trigger_rule: TriggerRule | None = None
    """When the job is submitted, depending on the states of the upstream tasks. With any rule except
    ``all_success``, Airflow enforces the dependencies instead of AWS Batch."""
    owner: Text | None = None
    """The owner of the task in Airflow."""
    execution_timeout: FixedDuration | None = None
    """The maximum duration of the task, including the time in the job queue. Then its job is terminated."""
    retries: _Count | None = None
    """The number of Airflow retries. Each submits a new job after AWS Batch has used all ``attempts``."""
    retry_delay: FixedDuration | None = None
    """The delay before an Airflow retry."""
    depends_on_past: bool | None = None
    """Whether the task starts only if it succeeded or was skipped in the previous run."""
    wait_for_downstream: bool | None = None
    """Whether the task also waits for the tasks that directly follow it in the previous run."""
    pool: Text | None = None
    """The Airflow pool. A job keeps its slots until it has ended."""
    pool_slots: _PositiveCount | None = None
    """The number of pool slots that the task occupies."""
    priority_weight: Annotated[int, Field(strict=True)] | None = None
    """The priority of the task in Airflow. For AWS Batch, see ``scheduling_priority_override``."""
    max_active_tis_per_dag: _PositiveCount | None = None
    """The maximum number of runs in which this task or its job can be active at the same time."""
    max_active_tis_per_dagrun: _PositiveCount | None = None
    """The same limit within one run, for a workflow in a mapped task group."""
    produces: tuple[AssetReference, ...] | None = None
    """The assets that the task updates when it succeeds."""


class PythonTask(TaskSettings):
    """A Python function that Airflow runs between jobs. Jobs can depend on it as on a job."""

    python: str = Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$")
    """The import path of the function: ``package.module.function``. It is imported when the task runs."""
    arguments: dict[str, Any] | None = None
    """The keyword arguments of the function; strings are templates. The return value becomes the XCom."""
    depends_on: tuple[Dependency, ...] = ()
    """The jobs and tasks that must succeed before this task runs."""
