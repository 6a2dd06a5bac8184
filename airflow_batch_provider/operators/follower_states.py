"""The states of the tasks that follow jobs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk import TaskInstanceState

from airflow_batch_provider.following.decisions import ENDED_STATES, FollowerState
from airflow_batch_provider.handover import map_index_of

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


def follower_states(context: Context, task_ids: Sequence[str]) -> dict[str, FollowerState]:
    """Ask Airflow for the states of tasks of this run; a task that is about to run counts as pending."""
    return {task_id: _follower_state(state) for task_id, state in task_states(context, task_ids).items()}


def task_states(context: Context, task_ids: Sequence[str]) -> dict[str, str | None]:
    """
    Ask Airflow for the states of tasks of this run; for mapped tasks, at the map index of this task.

    A task that the run does not have has no state, like one that has not been scheduled.
    """
    known = known_task_states(context, task_ids)
    return {task_id: known.get(task_id) for task_id in task_ids}


def known_task_states(context: Context, task_ids: Sequence[str]) -> dict[str, str | None]:
    """Do the same, but leave out the tasks that the run does not have."""
    if not task_ids:
        return {}
    ti = context["ti"]
    states = ti.get_task_states(dag_id=ti.dag_id, task_ids=list(task_ids), run_ids=[ti.run_id])
    of_run = states.get(ti.run_id, {})
    # Airflow adds the map index to the key of a mapped task; a follower has the index of its submitter.
    keys = {task_id: (task_id, f"{task_id}_{map_index_of(ti)}") for task_id in task_ids}
    found = {task_id: [of_run[key] for key in names if key in of_run] for task_id, names in keys.items()}
    return {task_id: states[0] for task_id, states in found.items() if states}


def adopts_a_job(task: Any) -> bool:
    """Whether a task, mapped or not, follows a job that another task submits."""
    if "adopt" not in task.template_fields:
        return False
    # A mapped task has no attributes of the operator yet, only the arguments of `partial()` and `expand()`.
    return bool(getattr(task, "adopts", None)) or "adopt" in mapped_arguments(task)


def has_followers(task: Any) -> bool:
    """Whether a task directly downstream follows a job that another task submits."""
    return any(adopts_a_job(other) for other in task.downstream_list)


def mapped_arguments(task: Any) -> Collection[str]:
    """
    Return the names of the operator arguments that a mapped task has.

    If its ``expand_kwargs`` come from another task, they are not known, and may be any template field.
    """
    expand_input = getattr(task, "expand_input", None)
    if expand_input is None:
        return ()
    given = set(task.partial_kwargs)
    value = expand_input.value
    if isinstance(value, Mapping):
        return given | set(value)
    dicts = value if isinstance(value, list | tuple) else [value]
    known = [each for each in dicts if isinstance(each, Mapping)]
    unknown = task.template_fields if len(known) < len(dicts) else ()
    return given.union(unknown, *known)


def _follower_state(state: str | None) -> FollowerState:
    if state in _WATCHING:
        return FollowerState.WATCHING
    return FollowerState.ENDED if state in ENDED_STATES else FollowerState.PENDING
