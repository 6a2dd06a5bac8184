"""What templates can name without Airflow; and what they cannot, with what to do instead."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, Final

from jinja2 import StrictUndefined

_OF_AIRFLOW: Final = {
    "ti": "the task instance and the results (XComs) of other tasks",
    "task_instance": "the task instance and the results (XComs) of other tasks",
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
    What is known of a run.

    :param date: the start of its data interval, and its logical date.
    :param end: the end of its data interval.
    :param params: all parameters, those that were set included.
    :param settings: those that were set.
    """

    workflow: str
    run_id: str
    date: datetime | None = None
    end: datetime | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)


def template_context(facts: RunFacts) -> dict[str, Any]:
    """
    Make what templates see.

    A name of Airflow's context that has no meaning here raises, when it is used, an error that
    says what to do instead.
    """
    dates = _dates(facts)
    return {
        **{name: _missing(name, f"belongs to Airflow ({what})") for name, what in _OF_AIRFLOW.items()},
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


def as_ds(moment: datetime) -> str:
    """Write ``2008-01-31``."""
    return moment.strftime("%Y-%m-%d")


def as_ds_nodash(moment: datetime) -> str:
    """Write ``20080131``."""
    return moment.strftime("%Y%m%d")


def as_ts(moment: datetime) -> str:
    """Write ``2008-01-31T00:00:00+00:00``."""
    return moment.isoformat()


def as_ts_nodash(moment: datetime) -> str:
    """Write ``20080131T000000``."""
    return moment.strftime("%Y%m%dT%H%M%S")


def as_ts_nodash_with_tz(moment: datetime) -> str:
    """Write ``20080131T000000+0000``."""
    return moment.strftime("%Y%m%dT%H%M%S%z")


FILTERS: Final = {
    "ds": as_ds,
    "ds_nodash": as_ds_nodash,
    "ts": as_ts,
    "ts_nodash": as_ts_nodash,
    "ts_nodash_with_tz": as_ts_nodash_with_tz,
}
"""Airflow's filters for dates."""


def ds_add(ds: str, days: int) -> str:
    """Add days to ``2008-01-31``."""
    return as_ds(datetime.strptime(ds, "%Y-%m-%d") + timedelta(days=days))


def ds_format(ds: str, input_format: str, output_format: str) -> str:
    """Write a date in another form."""
    return datetime.strptime(ds, input_format).strftime(output_format)


def _dates(facts: RunFacts) -> dict[str, Any]:
    end = facts.end or _missing("data_interval_end", "is not known here; say it with --end")
    if facts.date is None:
        unknown = {name: _missing(name, "is not known; say it with --date") for name in _DATES}
        return {**unknown, "data_interval_end": end}
    written = {name: write(facts.date) for name, write in FILTERS.items()}
    return {
        **written,
        "logical_date": facts.date,
        "data_interval_start": facts.date,
        "data_interval_end": end,
    }


def _missing(name: str, why: str) -> StrictUndefined:
    remedy = "" if why.endswith(("--end", "--date")) else _INSTEAD
    return StrictUndefined(hint=f"'{name}' {why}{remedy}", name=name)


_INSTEAD: Final = "; hand the value over as a parameter, {{ params.… }} and --set"
