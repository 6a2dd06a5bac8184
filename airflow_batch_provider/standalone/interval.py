"""Compute the data interval of a run as Airflow does, but without Airflow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.spec.models import Schedule

_WITHOUT_INTERVAL: Final = frozenset({"@once", "@continuous"})
_PRESETS: Final = {"@quarterly": "0 0 1 */3 *"}
"""Airflow's presets that croniter does not know."""


def data_interval_end(start: datetime, schedule: Any) -> datetime | None:
    """
    Return the end of the data interval that starts at ``start``, in the timezone of ``start``.

    :param schedule: the spec's ``airflow.schedule``.
    :returns: None if the schedule has no data intervals or only its timetable can compute them.
    :raises SpecError: the timezone of the schedule is unknown.
    """
    if isinstance(schedule, timedelta):
        return start + schedule
    if isinstance(schedule, str):
        schedule = Schedule(cron=schedule)
    if not isinstance(schedule, Schedule):
        return None
    if schedule.every is not None:
        return start + timedelta(seconds=schedule.every)
    if schedule.cron is None or schedule.partitioned or schedule.cron in _WITHOUT_INTERVAL:
        return None
    return _next_cron_time(start, schedule.cron, _timezone(schedule.timezone)).astimezone(start.tzinfo)


def _timezone(name: str) -> tzinfo:
    if name.upper() == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError):  # ZoneInfoNotFoundError is a KeyError
        raise SpecError(
            f"unknown timezone '{name}' in the schedule; use a name such as 'Europe/Zurich'. If the name is "
            "correct, this machine has no timezone database: pip install tzdata"
        ) from None


def _next_cron_time(start: datetime, cron: str, timezone: tzinfo) -> datetime:
    """
    Return the first time after ``start`` that matches a cron expression.

    croniter gets and returns wall clock times; the timezone is applied afterwards. When clocks are
    set back, an expression that matches in every hour continues through the repeated hour; any other
    expression runs once, in the second of the two hours. When clocks are set forward, a time in the
    skipped hour moves by one hour. This follows Airflow's ``CronMixin._get_next``
    (``airflow/timetables/_cron.py``).
    """
    from croniter import croniter  # imported here, because only cron schedules need it

    wall_clock = start.astimezone(timezone).replace(tzinfo=None)
    matches = croniter(_PRESETS.get(cron, cron), wall_clock)
    upcoming: datetime = matches.get_next(datetime)
    if matches.expanded[1] == ["*"]:
        return start.astimezone(UTC) + (upcoming - wall_clock)
    return _resolve(upcoming, timezone)


def _resolve(wall_clock: datetime, timezone: tzinfo) -> datetime:
    first, second = (wall_clock.replace(tzinfo=timezone, fold=fold) for fold in (0, 1))
    is_skipped = first.utcoffset() < second.utcoffset()  # type: ignore[operator]
    return (first if is_skipped else second).astimezone(UTC)
