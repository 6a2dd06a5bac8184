"""``jobStateTimeLimitActions`` of a queue: checked, read and described."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from airflow_batch_provider.local.errors import ClientException
from airflow_batch_provider.local.lifecycle.capacity import TimeLimit

LEAST_SECONDS: Final = 600
MOST_SECONDS: Final = 86_400
CANCEL: Final = "CANCEL"


def read_time_limits(actions: Iterable[Mapping[str, Any]]) -> tuple[TimeLimit, ...]:
    """:raises ClientException: if an action is not one of those that queues of containers take."""
    return tuple(_read(action) for action in actions)


def describe_time_limits(limits: Iterable[TimeLimit]) -> list[dict[str, Any]]:
    return [
        {"reason": limit.reason, "state": "RUNNABLE", "maxTimeSeconds": limit.seconds, "action": CANCEL}
        for limit in limits
    ]


def _read(action: Mapping[str, Any]) -> TimeLimit:
    reason, seconds = action["reason"], action["maxTimeSeconds"]
    if not reason:
        raise ClientException("jobStateTimeLimitActions has an entry with an empty reason.")
    if not LEAST_SECONDS <= seconds <= MOST_SECONDS:
        raise ClientException(
            f"jobStateTimeLimitActions maxTimeSeconds is {seconds};"
            f" it must be {LEAST_SECONDS} to {MOST_SECONDS}."
        )
    if action["action"] != CANCEL:
        raise ClientException(
            f"jobStateTimeLimitActions action is {action['action']};"
            f" job queues with compute environments take {CANCEL} only."
        )
    return TimeLimit(reason, seconds)
