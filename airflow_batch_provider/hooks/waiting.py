"""What operators and sensors share about waiting: the interval, and the end that a trigger reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from airflow.sdk import conf

from airflow_batch_provider.batch.job import JobDescription
from airflow_batch_provider.errors import JobBlockedError, WaitError, WaitGivenUpError

CONFIG_SECTION: Final = "batch_provider"
DEFAULT_POLL_INTERVAL_SECONDS: Final = 10.0


def poll_interval_seconds(given: float | None) -> float:
    """Take the author's interval, else that of ``[batch_provider] poll_interval_seconds``."""
    if given is not None:
        return given
    configured: float = conf.getfloat(
        CONFIG_SECTION, "poll_interval_seconds", fallback=DEFAULT_POLL_INTERVAL_SECONDS
    )
    return configured


def ended_jobs(event: Mapping[str, Any]) -> list[JobDescription]:
    """
    Read the event of ``BatchJobTrigger``.

    :raises WaitError: the wait itself failed; the jobs may still run.
    :raises WaitGivenUpError: the wait's terms have ended it; the jobs still run.
    """
    if event.get("given_up"):
        raise (WaitGivenUpError if event["retryable"] else JobBlockedError)(event["error"])
    if "error" in event:
        raise WaitError(event["error"])
    return [JobDescription.from_json(job) for job in event["jobs"]]
