"""When a workflow runs."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag, model_validator

from airflow_batch_provider.spec.language.asset import AssetReference
from airflow_batch_provider.spec.language.base import LanguageModel, branch
from airflow_batch_provider.spec.values import FixedDuration


class When(StrEnum):
    """How many of a schedule's assets must have been updated."""

    ALL = "all"
    ANY = "any"


class Schedule(LanguageModel):
    """A schedule: one of ``cron``, ``every``, ``assets``, ``timetable``, or ``cron`` and ``assets``."""

    cron: str | None = None
    """A cron expression or preset (``@daily``); each run has the interval up to its own moment."""
    timezone: str = "UTC"
    """The timezone of ``cron``: ``Europe/Zurich``."""
    every: FixedDuration | None = None
    """The distance from run to run: ``2h``; each run has the interval up to its own moment."""
    assets: tuple[AssetReference, ...] | None = Field(default=None, min_length=1)
    """Runs when these assets have been updated; together with ``cron``, at those times as well."""
    when: When = When.ALL
    """Whether all assets must have been updated, or any."""
    partitioned: bool = False
    """Runs are for partitions (``partition_key``, ``partition_date``) and have no ``logical_date``."""
    key_format: str = "%Y-%m-%dT%H:%M:%S"
    """How ``cron`` with ``partitioned`` writes the partition's date as its key."""
    timetable: str | None = Field(default=None, pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$")
    """A timetable class by its import path: ``trading.timetables.ExchangeDays``."""
    arguments: dict[str, Any] | None = None
    """The keyword arguments of the timetable class."""

    @model_validator(mode="after")
    def _is_one_kind(self) -> Schedule:
        kinds = [name for name in ("cron", "every", "assets", "timetable") if getattr(self, name) is not None]
        if len(kinds) != 1 and (kinds != ["cron", "assets"] or self.partitioned):
            has = " and ".join(kinds) or "none"
            raise ValueError(f"a schedule has one of 'cron', 'every', 'assets', 'timetable'; this has {has}")
        if self.partitioned and kinds[0] not in ("cron", "assets"):
            raise ValueError("'partitioned' goes with 'cron' or 'assets'")
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
"""A cron text, a distance, a mapping, or in Python any timetable or asset object of Airflow's."""
