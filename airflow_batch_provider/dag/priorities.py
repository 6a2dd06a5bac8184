"""
Set the priorities of tasks, so that a large workflow does not hold up small ones.

Airflow's scheduler considers a few tasks at a time (``[scheduler] max_tis_per_query``), the one with the
highest ``priority_weight`` first and, among equals, the one of the oldest run. By default, the weight of a
task counts all tasks downstream of it. The tasks of a large workflow then come before all tasks of a small
one, for as long as the large run lasts. For the jobs, this order has no use: AWS Batch starts them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk import BaseOperator, WeightRule

from airflow_batch_provider.operators.job import BatchJobOperator
from airflow_batch_provider.operators.submit_workflow import BatchSubmitWorkflowOperator

if TYPE_CHECKING:
    from airflow_batch_provider.plan.model import WorkflowPlan

HIGHEST: Final = 10
"""The weight of the one task that submits a workflow, and of a workflow with one job."""


def set_priorities(tasks: Iterable[Any], plan: WorkflowPlan) -> None:
    """
    Set the priorities of the tasks for which the author has set none.

    The weight falls by one each time that the number of jobs doubles, from 10 to 1. What jobs wait for
    comes before what follows jobs: tasks that submit jobs, and Python tasks.
    """
    following = weight_of(len(plan.members))
    for task in tasks:
        if isinstance(task, BaseOperator) and not _has_own_priority(task):
            task.priority_weight = _weight(task, following)
            task.weight_rule = _absolute(task)


def weight_of(members: int) -> int:
    """Return the weight of the tasks that follow jobs, for the number of jobs and Python tasks."""
    return max(HIGHEST + 1 - members.bit_length(), 1)


def _weight(task: BaseOperator, following: int) -> int:
    if isinstance(task, BatchSubmitWorkflowOperator):
        return HIGHEST
    follows = isinstance(task, BatchJobOperator) and task.adopts
    return following if follows else min(following + 1, HIGHEST)


def _has_own_priority(task: BaseOperator) -> bool:
    """Whether the author has chosen a priority, here or in ``default_args``, be it Airflow's default."""
    given = getattr(task, "_BaseOperator__init_kwargs", {})
    return not {"priority_weight", "weight_rule"}.isdisjoint(given)


def _absolute(task: BaseOperator) -> Any:
    """Return the rule as this version of Airflow stores it: by its name or, before 3.2, as an object."""
    if isinstance(task.weight_rule, str):
        return WeightRule.ABSOLUTE
    from airflow.task.priority_strategy import validate_and_load_priority_weight_strategy

    return validate_and_load_priority_weight_strategy(WeightRule.ABSOLUTE)
