"""
The reasons with which the provider terminates jobs.

AWS Batch shows a reason as the job's status reason. Each states only what is known where it is written.
"""

from __future__ import annotations

import re
from typing import Final

from airflow_batch_provider.batch.failures.classification import DEPENDENCY_FAILED

RUN_ENDED: Final = "The run of this job's workflow has ended in Airflow"
"""The reason at the end of a run."""

HELD: Final = "Held before it started (airflow-batch hold); its task submits it again"
"""The reason of the command that cancels the jobs of a paused DAG which have not started."""

RESTARTED: Final = "was restarted"
"""Part of the reason with which a task's new try terminates the job of an earlier one."""

_MARKED: Final = "A user marked "
_DELETED: Final = "Deleted in Airflow: "
_REMOVED: Final = "Removed from its run in Airflow: "
_EDITED: Final = "This job's task submits it again, because "
_SKIPPED: Final = "This job's task is skipped in Airflow, because "
_FAILED_BY_SCHEDULER: Final = "The scheduler of Airflow failed "
_UNWANTED: Final = "Airflow no longer wants this job: "
_LEFT: Final = "no longer follows this job: "
_KILLED_BEFORE: Final = "was killed in Airflow"  # written by earlier versions, and still in trigger rows

_NOT_ITS_OWN_FAILURE: Final = re.compile(
    "|".join(
        [
            RUN_ENDED,
            re.escape(HELD),
            _MARKED,
            _DELETED,
            _REMOVED,
            _EDITED,
            _SKIPPED,
            _FAILED_BY_SCHEDULER,
            _UNWANTED,
            f"Task '[^']*' ({_LEFT}|{_KILLED_BEFORE})",
        ]
    )
)


def edited(task_id: str) -> str:
    """Return the reason for a job that depends on a job which an edit of the workflow has made obsolete."""
    return f"{_EDITED}task '{task_id}' waits for other jobs since the workflow was edited"


def unwanted(why: str) -> str:
    """Return the reason of a sweep for a job that Airflow no longer wants."""
    return f"{_UNWANTED}{why}"


def marked(what: str) -> str:
    """Return the reason after a user has marked a run or a task."""
    return f"{_MARKED}{what} in Airflow"


def deleted(what: str) -> str:
    """Return the reason after a run or a task was deleted."""
    return f"{_DELETED}{what}"


def removed(what: str) -> str:
    """Return the reason after Airflow has removed a task from a run, because the DAG no longer has it."""
    return f"{_REMOVED}{what}"


def failed_by_scheduler(what: str) -> str:
    """Return the reason after Airflow's scheduler has failed a task that did not report its end."""
    return f"{_FAILED_BY_SCHEDULER}{what}, which had not reported its end"


def upstream_skipped(task_id: str) -> str:
    """Return the reason for a job that depends on the job of a skipped task."""
    return f"{_SKIPPED}task '{task_id}' was skipped"


def upstream_marked_skipped() -> str:
    """Return the reason for a job whose task is skipped with the tasks that a user has marked."""
    return f"{_SKIPPED}a user marked a task upstream of it as skipped"


def process_stopped(task_id: str) -> str:
    """Return the reason after Airflow or a timeout stopped the process of a task."""
    return f"Task '{task_id}' {_LEFT}its process was stopped"


def no_longer_deferred(kill_reason: str, state: str | None, *, exists: bool) -> str:
    """
    Return the reason after the trigger of a deferred task was dropped.

    :param kill_reason: the beginning of the reason, which the trigger's row contains.
    :param state: the state of the task in Airflow.
    :param exists: whether Airflow still has the task's row.
    """
    if not exists:
        return f"{kill_reason}: it was deleted"
    return f"{kill_reason}: " + (f"its state is {state}" if state is not None else "it was cleared")


def kill_reason(task_id: str) -> str:
    """Return the beginning of ``no_longer_deferred``'s reason, for the trigger of a task."""
    return f"Task '{task_id}' {_LEFT.removesuffix(': ')}"


def killed_while_submitting(task_id: str) -> str:
    """Return the reason for a job whose submission was under way when the task's process was stopped."""
    return f"{process_stopped(task_id)} while it submitted the job"


def restarted(task_id: str, *, is_first_try: bool = False) -> str:
    """Return the reason for a job that a new try of its task does not follow."""
    if is_first_try:
        return superseded(task_id)
    return f"Task '{task_id}' {RESTARTED}"


def superseded(task_id: str, kept_id: str | None = None) -> str:
    """
    Return the reason for a job that a task replaces.

    :param kept_id: the job that the task keeps instead of submitting a new one.
    """
    what = "submits this job again" if kept_id is None else f"keeps job {kept_id}"
    return f"Superseded: task '{task_id}' {what}"


def is_dependency_failure(status_reason: str | None) -> bool:
    """Whether a job never started, because a job that it depends on failed."""
    return status_reason == DEPENDENCY_FAILED


def was_held(status_reason: str | None) -> bool:
    """Whether a user held a job with the command line before it started."""
    return (status_reason or "").startswith(HELD)


def was_held_back(status_reason: str | None) -> bool:
    """
    Whether a job failed for a reason outside itself, so that its failure says nothing about its work.

    AWS Batch fails a job whose dependency failed. The provider terminates jobs that no task follows, also
    those of tasks that the scheduler failed because their worker was lost.
    """
    reason = status_reason or ""
    return is_dependency_failure(reason) or _NOT_ITS_OWN_FAILURE.match(reason) is not None
