"""Dates and times of day in a spec."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, WithJsonSchema

_ISO: Final = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?\s*(?:Z|[+-]\d\d(?::?\d\d)?)?)?", re.I
)


def in_utc(moment: datetime) -> datetime:
    """Return a moment in UTC; one without an offset is in UTC already."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _moment(value: Any) -> datetime:
    if isinstance(value, int | float):
        raise ValueError(f"{value!r} is not a valid date (YYYY-MM-DD)")
    moment = _parsed(value)
    if moment is None:
        raise ValueError(f"{value!r} is not a valid date (YYYY-MM-DD) or time (YYYY-MM-DDThh:mm:ss+hh:mm)")
    try:
        in_utc(moment)
    except OverflowError:
        raise ValueError(f"'{moment.isoformat()}' is outside of the years 1 to 9999 in UTC") from None
    return moment


def _parsed(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    # A pattern, because other readers take '20260101' for seconds since 1970.
    if not isinstance(value, str) or not _ISO.fullmatch(value.strip()):
        return None
    try:
        return datetime.fromisoformat(re.sub(r"\s+(?=[Zz+-])", "", value.strip()).upper())
    except ValueError:
        return None


Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}"}),
]
"""A date, which is its midnight, or a time; in UTC unless it has an offset."""
