"""The states of the tasks that follow jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk import TaskInstanceState

from airflow_batch_provider.following.decisions import FollowerState

if TYPE_CHECKING:
    from airflow.sdk import Context

_WATCHING: Final = frozenset(
    {
        TaskInstanceState.RUNNING,
        TaskInstanceState.DEFERRED,
        TaskInstanceState.UP_FOR_RESCHEDULE,
        TaskInstanceState.RESTARTING,
    }
)
_ENDED: Final = frozenset(
    {
        TaskInstanceState.SUCCESS,
        TaskInstanceState.FAILED,
        TaskInstanceState.UPSTREAM_FAILED,
        TaskInstanceState.SKIPPED,
        TaskInstanceState.REMOVED,
    }
)


def follower_states(context: Context, task_ids: Sequence[str]) -> dict[str, FollowerState]:
    """Ask Airflow for the states of tasks of this run; a task that is about to run counts as pending."""
    if not task_ids:
        return {}
    ti = context["ti"]
    states = ti.get_task_states(dag_id=ti.dag_id, task_ids=list(task_ids), run_ids=[ti.run_id])
    of_run = states.get(ti.run_id, {})
    # Airflow adds the map index to the key of a mapped task; a follower has the index of its submitter.
    return {
        task_id: _follower_state(of_run.get(task_id, of_run.get(f"{task_id}_{ti.map_index}")))
        for task_id in task_ids
    }


def adopts_a_job(task: Any) -> bool:
    """Whether a task, mapped or not, follows a job that another task submits."""
    # A mapped task has no attributes of the operator yet, only the arguments of `partial()` and `expand()`.
    mapped = getattr(getattr(task, "expand_input", None), "value", None)
    arguments = {**getattr(task, "partial_kwargs", {}), **(mapped if isinstance(mapped, Mapping) else {})}
    return bool(getattr(task, "adopts", "adopt" in arguments))


def _follower_state(state: str | None) -> FollowerState:
    if state in _WATCHING:
        return FollowerState.WATCHING
    return FollowerState.ENDED if state in _ENDED else FollowerState.PENDING
