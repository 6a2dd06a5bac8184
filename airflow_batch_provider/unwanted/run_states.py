"""What a sweep asks Airflow about runs and tasks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final, Protocol

ACTIVE_RUN_STATES: Final = ("queued", "running")
REMOVED: Final = "removed"
"""The state of a task that is in a run, but no longer in its DAG."""

Instance = tuple[str, int]
"""A task ID and a map index, which is -1 for a task that is not mapped."""


class RunStates(Protocol):
    """Answers about runs and tasks; each method raises an error rather than guess."""

    def ended(self, dag_id: str, run_ids: Sequence[str]) -> Mapping[str, str]:
        """Return why a run wants no jobs, by run ID; runs that are queued or running are left out."""
        ...

    def active_runs(self, dag_id: str) -> list[str] | None:
        """Return the IDs of all queued or running runs of a DAG; None if they cannot be listed."""
        ...

    def with_removed_tasks(self, dag_id: str, run_ids: Sequence[str]) -> Collection[str]:
        """Return those of the runs in which some task is removed."""
        ...

    def task_states(
        self, dag_id: str, run_id: str, instances: Collection[Instance]
    ) -> Mapping[Instance, str | None]:
        """Return the states of those of the task instances that the run has."""
        ...


def gone(run_id: str) -> str:
    """Return why a run that does not exist wants no jobs."""
    return f"run '{run_id}' does not exist in Airflow"


def has_ended(run_id: str, state: str | None = None) -> str:
    """Return why a run that has ended wants no jobs."""
    return f"run '{run_id}' has ended{f' ({state})' if state else ''}"
