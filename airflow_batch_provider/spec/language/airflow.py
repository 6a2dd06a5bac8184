"""How a workflow runs in Airflow: the arguments of ``DAG()``."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field, field_validator

from airflow_batch_provider.spec.language.base import LanguageModel
from airflow_batch_provider.spec.language.schedule import AnySchedule
from airflow_batch_provider.spec.values import FixedDuration

_PositiveCount = Annotated[int, Field(ge=1, strict=True)]


class AirflowSettings(LanguageModel):
    """How the workflow runs in Airflow: what ``DAG()`` takes."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    schedule: AnySchedule | None = None
    """A cron expression or preset, each run with a real data interval; or a mapping; or nothing."""
    start_date: datetime | None = None
    """The start of the first data interval; UTC unless an offset is given."""
    end_date: datetime | None = None
    """No run starts after this."""
    catchup: bool = False
    """Whether the scheduler makes up for runs between ``start_date`` and now."""
    params: dict[str, Any] | None = None
    """What a person can set when they trigger a run: a default value, or a mapping with ``type``,
    ``default``, ``description`` and further keywords of JSON Schema, which shape the trigger form."""
    max_active_runs: _PositiveCount | None = None
    """Runs at once, backfills not counted."""
    max_active_tasks: _PositiveCount | None = None
    """Tasks that run at once in each run; deferred ones, which most are, do not count."""
    max_consecutive_failed_dag_runs: Annotated[int, Field(ge=0, strict=True)] | None = None
    """Pauses the workflow after that many failed runs in a row."""
    dagrun_timeout: FixedDuration | None = None
    """How long a run may take; then it fails and its jobs are terminated."""
    default_args: dict[str, Any] | None = None
    """Arguments of every task of the workflow."""
    tags: list[str] | None = None
    """Labels in Airflow's list of workflows."""
    doc_md: str | None = None
    """Documentation in Markdown, shown with the workflow."""
    dag_display_name: str | None = None
    """The name that the UI shows."""
    owner_links: dict[str, str] | None = None
    """A link for each owner."""
    access_control: dict[str, Any] | None = None
    """Permissions by role."""
    is_paused_upon_creation: bool | None = None
    """Whether a new workflow waits until somebody switches it on."""
    fail_fast: bool | None = None
    """Whether the first failed task ends the run."""
    auto_register: bool | None = None
    """Whether a ``with`` block registers the DAG."""
    allowed_run_types: list[str] | None = None
    """The kinds of runs that are allowed (``scheduled``, ``manual``, ``backfill``, …)."""
    render_template_as_native_obj: bool | None = None
    """Whether templates become Python values instead of texts."""
    template_searchpath: str | list[str] | None = None
    """Folders in which templates look for the files that they include."""
    jinja_environment_kwargs: dict[str, Any] | None = None
    """Options of the Jinja environment."""
    disable_bundle_versioning: bool | None = None
    """Whether runs take the newest code instead of the code of their start."""
    rerun_with_latest_version: bool | None = None
    """Whether a run that is cleared takes the newest code."""
    deadline: Any = None
    """``DeadlineAlert`` objects; in Python only."""
    template_undefined: Any = None
    """What Jinja does with names that are not there; in Python only."""
    user_defined_macros: dict[str, Any] | None = None
    """Names for templates; in Python only."""
    user_defined_filters: dict[str, Any] | None = None
    """Filters for templates; in Python only."""
    on_success_callback: Any = None
    """Called when a run has succeeded; in Python only, see ``alerts``."""
    on_failure_callback: Any = None
    """Called when a run has failed; in Python only, see ``alerts``."""

    @field_validator("start_date", "end_date", mode="before")
    @classmethod
    def _from_date(cls, value: Any) -> Any:
        if isinstance(value, int | float):
            raise ValueError(f"{value!r} is no date; write it as 2006-01-31")
        is_day = isinstance(value, date) and not isinstance(value, datetime)
        return datetime(value.year, value.month, value.day) if is_day else value

    @field_validator("schedule", mode="before")
    @classmethod
    def _is_no_number(cls, value: Any) -> Any:
        if isinstance(value, list) and not all(map(_is_object, value)):
            raise ValueError("a list is no schedule; assets are written as {assets: [s3://bucket/key]}")
        if isinstance(value, bool | int | float):
            raise ValueError(f"{value!r} is no schedule; write a cron expression or '@daily' and its like")
        return value


def _is_object(value: Any) -> bool:
    """Tell an object of Airflow's, which only Python can write, from what a file can say."""
    return not isinstance(value, str | int | float | list | dict | None)
