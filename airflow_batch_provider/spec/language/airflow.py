"""Airflow settings of a workflow: the arguments of ``DAG()``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, PlainSerializer, WrapValidator, field_validator

from airflow_batch_provider.spec.language.base import LanguageModel
from airflow_batch_provider.spec.language.default_args import DefaultArgs
from airflow_batch_provider.spec.language.moments import Moment
from airflow_batch_provider.spec.language.python_objects import Callback, Function, python_object
from airflow_batch_provider.spec.language.schedule import AnySchedule
from airflow_batch_provider.spec.values import FixedDuration, as_written

_PositiveCount = Annotated[int, Field(ge=1, lt=2**31, strict=True)]
_Name = Annotated[str, Field(min_length=1, max_length=2000)]
_Tag = Annotated[str, Field(max_length=100)]
_Actions = Annotated[list[str], WrapValidator(as_written)]


class RunType(StrEnum):
    """How a run of a workflow is created."""

    BACKFILL = "backfill"
    SCHEDULED = "scheduled"
    MANUAL = "manual"
    OPERATOR_TRIGGERED = "operator_triggered"
    ASSET_TRIGGERED = "asset_triggered"
    ASSET_MATERIALIZATION = "asset_materialization"


def _class(value: Any) -> Any:
    if value is not None and not isinstance(value, type):
        raise ValueError(
            f"{value!r} is not a class of Jinja, which only a spec in Python can contain; remove it"
        )
    return value


class AirflowSettings(LanguageModel):
    """Airflow settings of the workflow: the arguments of ``DAG()``."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    schedule: AnySchedule | None = None
    """A cron expression or preset, whose runs have data intervals; a mapping; or null: no schedule."""
    start_date: Moment | None = None
    """The start of the first data interval, in UTC unless it has an offset."""
    end_date: Moment | None = None
    """The date after which no runs are scheduled."""
    catchup: bool = False
    """Whether the scheduler creates the runs between ``start_date`` and now."""
    params: dict[str, Any] | None = None
    """The params that users can set when they trigger a run. Each is a default value, or a mapping with
    ``default``, ``type``, ``description`` and other JSON Schema keywords, which the trigger form uses."""
    max_active_runs: _PositiveCount | None = None
    """The maximum number of concurrent runs, without backfill runs."""
    max_active_tasks: _PositiveCount | None = None
    """The maximum number of concurrent tasks in a run. Deferred tasks, such as waiting ones, do not count."""
    max_consecutive_failed_dag_runs: Annotated[int, Field(ge=0, lt=2**31, strict=True)] | None = None
    """The number of consecutive failed runs after which the workflow is paused."""
    dagrun_timeout: FixedDuration | None = None
    """The maximum duration of a run. Then it fails and its jobs are terminated."""
    default_args: Annotated[DefaultArgs | None, PlainSerializer(lambda arguments: arguments)] = None
    """Default arguments of all tasks, including ``submit``. Settings of jobs belong in ``defaults``."""
    tags: list[_Tag] | None = None
    """The tags of the DAG in the Airflow UI."""
    doc_md: str | None = None
    """Documentation in Markdown, shown in the Airflow UI."""
    dag_display_name: _Name | None = None
    """The name of the DAG in the Airflow UI."""
    owner_links: dict[str, str] | None = None
    """A link for each owner, shown in the Airflow UI."""
    access_control: dict[str, _Actions | dict[str, _Actions]] | None = None
    """Permissions by role: a list of actions (``can_read``), or lists by resource (``DAGs``)."""
    is_paused_upon_creation: bool | None = None
    """Whether a new DAG stays paused until a user enables it."""
    fail_fast: bool | None = None
    """Whether the run fails as soon as a task fails."""
    auto_register: bool | None = None
    """Whether a ``with`` block registers the DAG automatically."""
    allowed_run_types: list[RunType] | None = None
    """The allowed run types (``scheduled``, ``manual``, ``backfill``, …)."""
    render_template_as_native_obj: bool | None = None
    """Whether templates in the arguments of Python tasks render to Python values instead of strings. Jobs are
    not affected."""
    template_searchpath: str | list[str] | None = None
    """The folders in which Jinja finds included templates."""
    jinja_environment_kwargs: dict[str, Any] | None = None
    """Options of the Jinja environment, such as ``trim_blocks``. Its syntax is fixed (E220)."""
    disable_bundle_versioning: bool | None = None
    """Whether a run uses the latest version of the code instead of the version with which it started."""
    rerun_with_latest_version: bool | None = None
    """Whether a cleared run uses the latest version of the code."""
    deadline: Annotated[Any, python_object("a DeadlineAlert")] = None
    """``DeadlineAlert`` objects; in Python only."""
    template_undefined: Annotated[Any, AfterValidator(_class)] = None
    """The Jinja class for undefined names; in Python only."""
    user_defined_macros: dict[str, Any] | None = None
    """Additional names for templates; in Python only."""
    user_defined_filters: dict[str, Function] | None = None
    """Additional filters for templates; in Python only."""
    on_success_callback: Callback = None
    """The import path of a function, or a list of them: called when a run succeeds. See also ``alerts``."""
    on_failure_callback: Callback = None
    """Called when a run fails. See also ``alerts``."""
    show_spec: bool | None = None
    """Whether the documentation of the DAG and its tasks in Airflow shows the spec and its plan. The default
    is true, unless Airflow's configuration sets another."""

    @field_validator("schedule", mode="before")
    @classmethod
    def _check_schedule(cls, value: Any) -> Any:
        if isinstance(value, list) and not all(map(_is_object, value)):
            raise ValueError("a schedule cannot be a list; write assets as {assets: [s3://bucket/key]}")
        if isinstance(value, bool | int | float):
            raise ValueError(
                f"{value!r} is not a schedule; use a cron expression or a preset such as '@daily'"
            )
        return value


def _is_object(value: Any) -> bool:
    """Return whether a value is an Airflow object, which only Python specs can contain."""
    return not isinstance(value, str | int | float | list | dict | None)
