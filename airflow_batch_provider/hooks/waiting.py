"""How a wait ended, as a trigger reports it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_batch_provider.batch.job import JobDescription
from airflow_batch_provider.errors import JobBlockedError, WaitAbandonedError, WaitError


def ended_jobs(event: Mapping[str, Any]) -> list[JobDescription]:
    """
    Read the event of ``BatchJobTrigger``.

    :raises WaitError: the wait itself failed; the jobs may still run.
    :raises WaitAbandonedError: the wait's terms have ended it; the jobs still run.
    """
    if event.get("given_up"):
        raise (WaitAbandonedError if event["retryable"] else JobBlockedError)(event["error"])
    if "error" in event:
        raise WaitError(event["error"])
    return [JobDescription.from_json(job) for job in event["jobs"]]
