"""The data interval of a run, as far as it can be told without Airflow."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

_DISTANCES: Final = {
    "@hourly": timedelta(hours=1),
    "@daily": timedelta(days=1),
    "@weekly": timedelta(weeks=1),
}
_MONTHS: Final = {"@monthly": 1, "@quarterly": 3, "@yearly": 12, "@annually": 12}


def interval_end(start: datetime, schedule: Any) -> datetime | None:
    """
    Find the end of the data interval that begins at a date.

    :param schedule: the spec's ``airflow.schedule``.
    :returns: None where it takes a cron expression or a timetable to tell.
    """
    if isinstance(schedule, timedelta):
        return start + schedule
    if every := getattr(schedule, "every", None):
        return start + timedelta(seconds=every)
    text = schedule if isinstance(schedule, str) else getattr(schedule, "cron", None)
    if text in _DISTANCES:
        return start + _DISTANCES[text]
    if text in _MONTHS:
        return _months_later(start, _MONTHS[text])
    return None


def _months_later(start: datetime, months: int) -> datetime | None:
    years, month = divmod(start.month - 1 + months, 12)
    try:
        return start.replace(year=start.year + years, month=month + 1)
    except ValueError:  # there is no 31st of next month
        return None
