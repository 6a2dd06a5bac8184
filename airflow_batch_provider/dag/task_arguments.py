"""Turn a spec's settings of a task into operator arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import airflow
from airflow.sdk import timezone
from packaging.version import Version

from airflow_batch_provider.dag.callbacks import imported_callbacks
from airflow_batch_provider.dag.schedule import asset_of
from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.spec.models import CALLBACKS, AssetReference


def task_arguments(settings: Mapping[str, Any], where: str = "default_args") -> dict[str, Any]:
    """
    Return operator arguments; what the author left out is absent, so that ``default_args`` apply.

    :param settings: members of ``TaskSettings`` or ``default_args`` by name; None is the same as absent.
    :param where: what has the settings, such as ``job 'align'``, for errors.
    :raises SpecError: a callback cannot be imported, or this version of Airflow lacks a setting.
    """
    if _IS_BACKOFF_BOOLEAN and not isinstance(settings.get("retry_exponential_backoff"), bool | None):
        raise SpecError(
            f"a number for 'retry_exponential_backoff' of {where} requires Airflow 3.2 or later; write true"
        )
    arguments = {
        _NAMES.get(name, name): _CONVERSIONS.get(name, _unchanged)(value)
        for name, value in settings.items()
        if value is not None and name not in _SHOWN
    }
    return imported_callbacks(arguments, _CALLBACKS, where)


def moment(value: datetime) -> datetime:
    """Return a moment with an offset. Without one, it is in UTC, not in Airflow's default timezone."""
    return value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value


def _unchanged(value: Any) -> Any:
    return value


def _duration(seconds: int) -> timedelta:
    return timedelta(seconds=seconds)


_IS_BACKOFF_BOOLEAN: Final = Version(airflow.__version__) < Version("3.2")
_CALLBACKS: Final = frozenset(CALLBACKS)
_SHOWN: Final = frozenset({"description"})
"""Settings that become a part of the task's documentation."""
_NAMES = {"produces": "outlets"}
_CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "array_retry": str,
    "end_date": moment,
    "max_retry_delay": _duration,
    "start_date": moment,
    "trigger_rule": str,
    "execution_timeout": _duration,
    "retry_delay": _duration,
    "refused_timeout": _duration,
    "runnable_timeout": _duration,
    "produces": lambda references: [asset_of(AssetReference.model_validate(each)) for each in references],
}
