"""The reasons with which the provider terminates jobs that no task follows."""

from __future__ import annotations

from typing import Final

from airflow_batch_provider.batch.failures.classification import DEPENDENCY_FAILED

RUN_ENDED: Final = "The run of this job's workflow has ended in Airflow"
"""The reason at the end of a run."""

_MARKED: Final = "A user marked "
_UPSTREAM_SKIPPED: Final = "This job's task is skipped in Airflow, because "

_UNWANTED: Final = "Airflow no longer wants this job: "


def unwanted(why: str) -> str:
    """Return the reason of a sweep for a job that Airflow no longer wants."""
    return f"{_UNWANTED}{why}"


def marked(what: str) -> str:
    """Return the reason after a user has marked a run or a task."""
    return f"{_MARKED}{what} in Airflow"


def upstream_skipped(task_id: str) -> str:
    """Return the reason for a job that depends on the job of a skipped task."""
    return f"{_UPSTREAM_SKIPPED}task '{task_id}' was skipped"


def is_dependency_failure(status_reason: str | None) -> bool:
    """Whether a job never started, because a job that it depends on failed."""
    return status_reason == DEPENDENCY_FAILED


def was_held_back(status_reason: str | None) -> bool:
    """
    Whether a job failed for a reason outside itself, so that its task never saw it fail.

    AWS Batch fails a job whose dependency failed. The provider terminates jobs that no task follows.
    """
    ours = (RUN_ENDED, _MARKED, _UPSTREAM_SKIPPED, _UNWANTED)
    return is_dependency_failure(status_reason) or (status_reason or "").startswith(ours)
