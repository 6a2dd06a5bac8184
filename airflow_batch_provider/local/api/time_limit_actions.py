"""``jobStateTimeLimitActions`` of a queue: validates, converts and describes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from airflow_batch_provider.local.errors import ClientException
from airflow_batch_provider.local.lifecycle.capacity import TimeLimit

MIN_SECONDS: Final = 600
MAX_SECONDS: Final = 86_400
CANCEL: Final = "CANCEL"


def read_time_limits(actions: Iterable[Mapping[str, Any]]) -> tuple[TimeLimit, ...]:
    """
    Return the time limits of a queue.

    :raises ClientException: if an action is not supported for queues with compute environments.
    """
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
    if not MIN_SECONDS <= seconds <= MAX_SECONDS:
        raise ClientException(
            f"jobStateTimeLimitActions maxTimeSeconds is {seconds};"
            f" it must be {MIN_SECONDS} to {MAX_SECONDS}."
        )
    if action["action"] != CANCEL:
        raise ClientException(
            f"jobStateTimeLimitActions action is {action['action']};"
            f" job queues with compute environments only support {CANCEL}."
        )
    return TimeLimit(reason, seconds)
