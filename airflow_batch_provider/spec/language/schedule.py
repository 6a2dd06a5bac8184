"""The schedule of a workflow."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from airflow_batch_provider.spec.language.asset import AssetReference
from airflow_batch_provider.spec.language.base import LanguageModel, branch
from airflow_batch_provider.spec.values import FixedDuration

CONTINUOUS: Final = "@continuous"
WITHOUT_INTERVAL: Final = frozenset({"@once", CONTINUOUS})
"""The presets whose runs have no data intervals and no times."""


class When(StrEnum):
    """Whether all or any of a schedule's assets must be updated to trigger a run."""

    ALL = "all"
    ANY = "any"


def _at_least_one(schema: dict[str, Any]) -> None:
    schema["anyOf"][0]["minItems"] = 1


class Schedule(LanguageModel):
    """A schedule: one of ``cron``, ``every``, ``assets`` and ``timetable``, or ``cron`` with ``assets``."""

    cron: str | None = None
    """A cron expression or preset (``@daily``). Each run covers the interval since the previous run."""
    timezone: str = "UTC"
    """The timezone of ``cron``, such as ``Europe/Zurich``."""
    every: FixedDuration | None = None
    """The interval between runs: ``2h``. Each run covers the interval since the previous run."""
    assets: tuple[AssetReference, ...] | None = Field(default=None, json_schema_extra=_at_least_one)
    """The assets whose updates trigger a run. Combined with ``cron``, runs also start at its times."""
    when: When = When.ALL
    """Whether ``all`` assets must be updated to trigger a run, or ``any`` of them."""
    partitioned: bool = False
    """Whether runs have a partition (``partition_key``, ``partition_date``) and no ``logical_date``."""
    key_format: str = "%Y-%m-%dT%H:%M:%S"
    """The date format of the partition key, for ``cron`` with ``partitioned``."""
    timetable: str | None = Field(default=None, pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$")
    """The import path of a timetable class: ``trading.timetables.ExchangeDays``."""
    arguments: dict[str, Any] | None = None
    """The keyword arguments of the timetable class."""

    @field_validator("assets")
    @classmethod
    def _is_not_empty(cls, value: tuple[AssetReference, ...] | None) -> tuple[AssetReference, ...] | None:
        # Not `min_length`, which pydantic also reports if all entries are invalid.
        if value == ():
            raise ValueError("must not be empty")
        return value

    @model_validator(mode="after")
    def _check_kind(self) -> Schedule:
        kinds = [name for name in ("cron", "every", "assets", "timetable") if getattr(self, name) is not None]
        if len(kinds) != 1 and (kinds != ["cron", "assets"] or self.partitioned):
            found = " and ".join(kinds) or "none"
            raise ValueError(
                f"a schedule requires exactly one of 'cron', 'every', 'assets' and 'timetable'; found {found}"
            )
        if self.partitioned and kinds[0] not in ("cron", "assets"):
            raise ValueError("'partitioned' requires 'cron' or 'assets'")
        if self.cron in WITHOUT_INTERVAL and (self.assets or self.partitioned):
            other = "assets" if self.assets else "partitioned"
            raise ValueError(
                f"'{self.cron}' cannot be combined with '{other}'; use a cron expression or '@daily'"
            )
        if self.every == 0:
            raise ValueError("'every' must be longer than 0 seconds")
        return self


def _kind_of_schedule(value: Any) -> str:
    if isinstance(value, str):
        return branch("text")
    if isinstance(value, dict | Schedule):
        return branch("mapping")
    return branch("duration" if isinstance(value, timedelta) else "object")


AnySchedule = Annotated[
    Annotated[str, Tag(branch("text"))]
    | Annotated[timedelta, Tag(branch("duration"))]
    | Annotated[Schedule, Tag(branch("mapping"))]
    | Annotated[Any, Tag(branch("object"))],
    Discriminator(_kind_of_schedule),
]
"""A cron expression, an interval, a mapping, or in Python any Airflow timetable or asset."""


def cron_of(schedule: Any) -> str | None:
    """Return the cron expression or preset of a schedule, if it has one."""
    expression = schedule.cron if isinstance(schedule, Schedule) else schedule
    return expression if isinstance(expression, str) else None


def is_continuous(schedule: Any) -> bool:
    """Return whether a run starts as soon as the previous one has ended; only one can be active."""
    return cron_of(schedule) == CONTINUOUS
