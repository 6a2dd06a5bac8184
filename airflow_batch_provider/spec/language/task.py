"""Settings of Airflow tasks, and Python tasks between jobs."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import Field, WrapValidator

from airflow_batch_provider.spec.language.asset import AssetReference
from airflow_batch_provider.spec.language.base import LanguageModel
from airflow_batch_provider.spec.language.dependency import Dependency
from airflow_batch_provider.spec.language.python_objects import Callback
from airflow_batch_provider.spec.language.weight_rule import AnyWeightRule
from airflow_batch_provider.spec.values import FixedDuration, Text, as_written

_Count = Annotated[int, Field(ge=0, strict=True)]
_PositiveCount = Annotated[int, Field(ge=1, strict=True)]
_Word = Annotated[Text, Field(min_length=1)]
_Factor = Annotated[float, Field(ge=0, strict=True), WrapValidator(as_written)]
_Settings = Annotated[dict[str, Any], Field()]
"""Any mapping. The bare type would mean a member of AWS's API in full."""


CALLBACKS: Final = (
    "on_execute_callback",
    "on_success_callback",
    "on_failure_callback",
    "on_retry_callback",
    "on_skipped_callback",
)
"""The settings that name callables."""
WORKER_SETTINGS: Final = ("queue", "executor", "executor_config", "run_as_user")
"""The settings that say in which worker, and how, a task runs."""


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
    description: Text | None = None
    """One sentence about the job or function, shown first in the documentation of its task in Airflow."""
    doc_md: Text | None = None
    """Documentation of the task in Markdown, shown in the Airflow UI."""
    task_display_name: _Word | None = None
    """The name of the task in the Airflow UI; with ``per_job``, of the job's task group."""
    owner: Text | None = None
    """The owner of the task in Airflow."""
    execution_timeout: FixedDuration | None = None
    """The maximum duration of the task, including the time in the job queue. Then its job is terminated."""
    retries: _Count | None = None
    """The number of Airflow retries. Each submits a new job after AWS Batch has used all ``attempts``."""
    retry_delay: FixedDuration | None = None
    """The delay before an Airflow retry."""
    retry_exponential_backoff: bool | _Factor | None = None
    """Whether the delay doubles with each Airflow retry; or, since Airflow 3.2, the factor by which it
    grows."""
    max_retry_delay: FixedDuration | None = None
    """The maximum delay before an Airflow retry, with ``retry_exponential_backoff``."""
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
    weight_rule: AnyWeightRule = None
    """Which other tasks add to ``priority_weight``: those ``downstream``, ``upstream``, or none
    (``absolute``). Or the import path of a strategy that an Airflow plugin registers."""
    queue: _Word | None = None
    """The queue of the Airflow workers that run the task. For AWS Batch, see ``job_queue``."""
    executor: _Word | None = None
    """The executor that runs the task in a worker, one of ``[core] executors`` in Airflow's configuration."""
    executor_config: _Settings | None = None
    """Settings of the task for its executor."""
    run_as_user: _Word | None = None
    """The Unix user that runs the task in a worker."""
    max_active_tis_per_dag: _PositiveCount | None = None
    """The maximum number of runs in which this task or its job can be active at the same time."""
    max_active_tis_per_dagrun: _PositiveCount | None = None
    """The same limit within one run, for a workflow in a mapped task group."""
    map_index_template: Text | None = None
    """The label of each instance of the task, for a workflow in a mapped task group: a template."""
    produces: tuple[AssetReference, ...] | None = None
    """The assets that the task updates when it succeeds."""
    on_execute_callback: Callback = None
    """The import path of a function, or a list of them: called before the task runs in a worker."""
    on_success_callback: Callback = None
    """Called when the task has succeeded."""
    on_failure_callback: Callback = None
    """Called when the task has failed and has no retries left. To be notified, see ``alerts``."""
    on_retry_callback: Callback = None
    """Called when the task has failed and will be retried."""
    on_skipped_callback: Callback = None
    """Called when ``exit_codes`` skips the task."""


class PythonTask(TaskSettings):
    """A Python function that Airflow runs between jobs. Jobs can depend on it as on a job."""

    python: str = Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$")
    """The import path of the function: ``package.module.function``. It is imported when the task runs."""
    arguments: dict[str, Any] | None = None
    """The keyword arguments of the function; strings are templates. The return value becomes the XCom."""
    depends_on: tuple[Dependency, ...] = ()
    """The jobs and tasks that must succeed before this task runs."""
