"""Turn a spec's schedule into Airflow's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from importlib import import_module
from typing import Any

from airflow.sdk import Asset, AssetAll, AssetAny

from airflow_batch_provider.dag.timetables import (
    AssetOrTimeSchedule,
    CronDataIntervalTimetable,
    DeltaDataIntervalTimetable,
)
from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.spec.language.schedule import WITHOUT_INTERVAL
from airflow_batch_provider.spec.models import AssetReference, Schedule, When


def airflow_schedule(schedule: Any) -> Any:
    """
    Return the ``schedule`` of a DAG; an Airflow object is returned unchanged.

    Cron expressions and intervals get a timetable with data intervals. In Airflow 3, a plain cron string has
    none, so that a backfilled month would be empty.

    :raises SpecError: a timetable cannot be imported or created, or this Airflow has no partitions.
    """
    if isinstance(schedule, str):
        return _timed(Schedule(cron=schedule))
    if isinstance(schedule, timedelta):
        return DeltaDataIntervalTimetable(schedule)
    return _of_mapping(schedule) if isinstance(schedule, Schedule) else schedule


def asset_of(reference: AssetReference) -> Asset:
    """Return the asset that a spec names."""
    return Asset(name=reference.name or reference.uri, uri=reference.uri)


def _of_mapping(schedule: Schedule) -> Any:
    if schedule.timetable is not None:
        return _imported(schedule.timetable, schedule.arguments or {})
    if schedule.every is not None:
        return DeltaDataIntervalTimetable(timedelta(seconds=schedule.every))
    if schedule.partitioned:
        return _partitioned(schedule)
    if schedule.assets is None:
        return _timed(schedule)
    condition = _condition(schedule.assets, schedule.when)
    if schedule.cron is None:
        return condition
    return AssetOrTimeSchedule(timetable=_timed(schedule), assets=condition)


def _timed(schedule: Schedule) -> Any:
    expression = str(schedule.cron)
    if expression in WITHOUT_INTERVAL:
        return expression
    # Explicit, so that the intervals do not depend on `[scheduler] create_cron_data_intervals`.
    return CronDataIntervalTimetable(expression, timezone=schedule.timezone)


def _condition(assets: Sequence[AssetReference], when: When) -> Any:
    combine = AssetAny if when is When.ANY else AssetAll
    return combine(*map(asset_of, assets))


def _partitioned(schedule: Schedule) -> Any:
    try:
        from airflow.sdk import CronPartitionTimetable, PartitionedAssetTimetable
    except ImportError:
        raise SpecError("a schedule with 'partitioned' requires Airflow 3.2 or later") from None
    if schedule.cron is None:
        return PartitionedAssetTimetable(assets=_condition(schedule.assets or (), schedule.when))
    return CronPartitionTimetable(schedule.cron, timezone=schedule.timezone, key_format=schedule.key_format)


def _imported(path: str, arguments: dict[str, Any]) -> Any:
    module, _, name = path.rpartition(".")
    try:
        return getattr(import_module(module), name)(**arguments)
    except Exception as error:
        raise SpecError(f"could not create the schedule's timetable '{path}': {error}") from error
