"""The variables of templates in a standalone run, and errors for those that need Airflow."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, Final

from jinja2 import StrictUndefined

_AIRFLOW_ONLY: Final = {
    "ti": "the task instance and the XComs of other tasks",
    "task_instance": "the task instance and the XComs of other tasks",
    "task": "the task",
    "var": "Airflow's variables",
    "conn": "Airflow's connections",
    "conf": "Airflow's configuration",
    "inlets": "assets",
    "outlets": "assets",
    "inlet_events": "assets",
    "outlet_events": "assets",
    "triggering_asset_events": "assets",
    "prev_start_date_success": "earlier runs",
    "prev_end_date_success": "earlier runs",
    "prev_data_interval_start_success": "earlier runs",
    "prev_data_interval_end_success": "earlier runs",
    "task_instance_key_str": "the task instance",
    "partition_key": "partitions",
}
_DATES: Final = (
    "ds",
    "ds_nodash",
    "ts",
    "ts_nodash",
    "ts_nodash_with_tz",
    "logical_date",
    "data_interval_start",
)


@dataclass(frozen=True, slots=True)
class RunFacts:
    """
    The properties of a run that templates can use.

    :param date: the logical date, which is also the start of the data interval.
    :param end: the end of the data interval.
    :param params: the values of all parameters.
    :param settings: the parameters that were set on the command line.
    """

    workflow: str
    run_id: str
    date: datetime | None = None
    end: datetime | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)


def build_template_context(facts: RunFacts) -> dict[str, Any]:
    """
    Return the template context of a run.

    A variable of Airflow's context that is not available raises an error with a remedy when a
    template uses it.
    """
    dates = _dates(facts)
    return {
        **{name: _undefined(name, f"needs Airflow ({what})") for name, what in _AIRFLOW_ONLY.items()},
        **dates,
        "run_id": facts.run_id,
        "params": dict(facts.params),
        "dag": SimpleNamespace(dag_id=facts.workflow),
        "dag_run": SimpleNamespace(
            dag_id=facts.workflow,
            run_id=facts.run_id,
            conf=dict(facts.settings),
            logical_date=dates["logical_date"],
            data_interval_start=dates["data_interval_start"],
            data_interval_end=dates["data_interval_end"],
        ),
        "macros": SimpleNamespace(
            datetime=datetime, timedelta=timedelta, json=json, ds_add=ds_add, ds_format=ds_format
        ),
    }


def format_ds(date_time: datetime) -> str:
    """Format a date as ``2008-01-31``."""
    return date_time.strftime("%Y-%m-%d")


def format_ds_nodash(date_time: datetime) -> str:
    """Format a date as ``20080131``."""
    return date_time.strftime("%Y%m%d")


def format_ts(date_time: datetime) -> str:
    """Format a date as ``2008-01-31T00:00:00+00:00``."""
    return date_time.isoformat()


def format_ts_nodash(date_time: datetime) -> str:
    """Format a date as ``20080131T000000``."""
    return date_time.strftime("%Y%m%dT%H%M%S")


def format_ts_nodash_with_tz(date_time: datetime) -> str:
    """Format a date as ``20080131T000000+0000``."""
    return date_time.strftime("%Y%m%dT%H%M%S%z")


FILTERS: Final = {
    "ds": format_ds,
    "ds_nodash": format_ds_nodash,
    "ts": format_ts,
    "ts_nodash": format_ts_nodash,
    "ts_nodash_with_tz": format_ts_nodash_with_tz,
}
"""Airflow's filters for dates."""


def ds_add(ds: str, days: int) -> str:
    """Add days to a date such as ``2008-01-31``; Airflow's ``macros.ds_add``."""
    return format_ds(datetime.strptime(ds, "%Y-%m-%d") + timedelta(days=days))


def ds_format(ds: str, input_format: str, output_format: str) -> str:
    """Convert a date to another format; Airflow's ``macros.ds_format``."""
    return datetime.strptime(ds, input_format).strftime(output_format)


def _dates(facts: RunFacts) -> dict[str, Any]:
    end = facts.end or _undefined("data_interval_end", "is not known; set it with --end")
    if facts.date is None:
        unknown = {name: _undefined(name, "is not known; set it with --date") for name in _DATES}
        return {**unknown, "data_interval_end": end}
    formatted = {name: format_date(facts.date) for name, format_date in FILTERS.items()}
    return {
        **formatted,
        "logical_date": facts.date,
        "data_interval_start": facts.date,
        "data_interval_end": end,
    }


def _undefined(name: str, why: str) -> StrictUndefined:
    remedy = "" if why.endswith(("--end", "--date")) else _REMEDY
    return StrictUndefined(hint=f"'{name}' {why}{remedy}", name=name)


_REMEDY: Final = "; pass the value as a param instead: {{ params.… }} and --set"
