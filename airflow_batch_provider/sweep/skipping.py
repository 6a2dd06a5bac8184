"""Which tasks Airflow skips because a task upstream of them is skipped."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from airflow.sdk import TaskInstanceState, TriggerRule

_NOT_STARTED: Final = frozenset({None, TaskInstanceState.SKIPPED})

Instance = tuple[str, int]
"""A task ID and a map index, which is -1 for a task that is not mapped."""


def skipped_with(
    skipped: Collection[Instance], tasks: Iterable[Any], states: Mapping[Instance, str | None]
) -> frozenset[Instance]:
    """
    Return the task instances that have not started and that Airflow skips with others.

    Airflow skips a task with the trigger rule ``all_success`` if any upstream task is skipped. A task with
    another rule may still run; its own task then submits its job.

    :param tasks: all tasks of the DAG.
    :param states: the states of all task instances of the run.
    """
    by_id = {task.task_id: task for task in tasks}
    found: set[Instance] = set()
    new = set(skipped)
    while new:
        downstream = {
            instance
            for upstream in new
            if upstream[0] in by_id
            for instance in _downstream(upstream, by_id, states)
            if states[instance] in _NOT_STARTED
        }
        new = downstream - found - set(skipped)
        found |= new
    return frozenset(found)


def _downstream(
    upstream: Instance, by_id: Mapping[str, Any], states: Mapping[Instance, str | None]
) -> Iterable[Instance]:
    task_id, map_index = upstream
    task_ids = {
        other
        for other in by_id[task_id].downstream_task_ids
        if other in by_id and by_id[other].trigger_rule == TriggerRule.ALL_SUCCESS
    }
    # In a mapped task group, a task has the map index of its upstream task.
    return [
        instance
        for instance in states
        if instance[0] in task_ids and (map_index < 0 or instance[1] in (-1, map_index))
    ]
