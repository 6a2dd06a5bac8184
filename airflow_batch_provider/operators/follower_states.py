"""Whether the tasks that follow jobs are at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.following.decisions import FollowerState

if TYPE_CHECKING:
    from airflow.sdk import Context

_WATCHING: Final = frozenset({"running", "deferred", "up_for_reschedule", "restarting"})
_ENDED: Final = frozenset({"success", "failed", "upstream_failed", "skipped", "removed"})


def follower_states(context: Context, task_ids: Sequence[str]) -> dict[str, FollowerState]:
    """Ask Airflow what tasks of this run are doing; one that is about to run is to come."""
    if not task_ids:
        return {}
    ti = context["ti"]
    states = ti.get_task_states(dag_id=ti.dag_id, task_ids=list(task_ids), run_ids=[ti.run_id])
    of_run = states.get(ti.run_id, {})
    # Airflow keys a mapped task's state by its index too; one that follows ours has our index.
    return {
        task_id: _follower_state(of_run.get(task_id, of_run.get(f"{task_id}_{ti.map_index}")))
        for task_id in task_ids
    }


def adopts_a_job(task: Any) -> bool:
    """Whether a task, mapped or not, follows a job that another task submits."""
    mapped = getattr(getattr(task, "expand_input", None), "value", None)
    arguments = {**getattr(task, "partial_kwargs", {}), **(mapped if isinstance(mapped, Mapping) else {})}
    return bool(getattr(task, "adopts", "adopt" in arguments))


def _follower_state(state: str | None) -> FollowerState:
    if state in _WATCHING:
        return FollowerState.WATCHING
    return FollowerState.ENDED if state in _ENDED else FollowerState.PENDING
