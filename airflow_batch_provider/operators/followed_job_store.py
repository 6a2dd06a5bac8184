"""Where a task keeps which job it followed: Airflow's task state store, which survives clears."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.following.decisions import FollowedJob

if TYPE_CHECKING:
    from airflow.sdk import Context

_KEY: Final = "batch_job"


def keeps_record(context: Context) -> bool:
    """Whether this Airflow keeps what a task followed: 3.3 and newer."""
    return _store(context) is not None


def recorded_job(context: Context) -> FollowedJob | None:
    """Read what the task followed when it ran last; None below Airflow 3.3, which keeps no state."""
    store = _store(context)
    return FollowedJob.from_json(store.get(_KEY)) if store is not None else None


def record_job(context: Context, lineage: FollowedJob) -> None:
    """Keep what the task follows now."""
    store = _store(context)
    if store is not None:
        store.set(_KEY, lineage.to_json())


def _store(context: Context) -> Any:
    return context.get("task_state_store")
