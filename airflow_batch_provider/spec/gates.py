"""
Airflow settings that hold a task back: AWS Batch does not know them.

A job with such a setting is submitted by its own task, after Airflow has started that task.
https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/tasks.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final

from airflow_batch_provider.spec.models import TriggerRule

DEFAULT_POOL: Final = "default_pool"
"""Airflow's pool of all tasks for which no other pool is set."""


class Gate(StrEnum):
    """A setting that holds a task back; the name of an argument of Airflow's operators."""

    DEPENDS_ON_PAST = "depends_on_past"
    WAIT_FOR_DOWNSTREAM = "wait_for_downstream"
    MAX_ACTIVE_TIS_PER_DAG = "max_active_tis_per_dag"
    MAX_ACTIVE_TIS_PER_DAGRUN = "max_active_tis_per_dagrun"
    POOL = "pool"
    PRE_EXECUTE = "pre_execute"


TASK_LIMITS: Final = frozenset({Gate.MAX_ACTIVE_TIS_PER_DAG, Gate.MAX_ACTIVE_TIS_PER_DAGRUN})
"""The gates that count the tasks of one task ID."""

_REASONS: Final = {
    Gate.DEPENDS_ON_PAST: "with depends_on_past, its task first waits for its task of the previous run",
    Gate.WAIT_FOR_DOWNSTREAM: (
        "with wait_for_downstream, its task first waits for the tasks after it in the previous run"
    ),
    Gate.MAX_ACTIVE_TIS_PER_DAG: (
        "with max_active_tis_per_dag, Airflow limits how many of its tasks run at once"
    ),
    Gate.MAX_ACTIVE_TIS_PER_DAGRUN: (
        "with max_active_tis_per_dagrun, Airflow limits how many of its tasks run at once in a run"
    ),
    Gate.POOL: "with a pool, its task first waits for free slots",
    Gate.PRE_EXECUTE: "with pre_execute, its task can be skipped when it starts",
}

_SETTINGS: Final = (*Gate, "pool_slots", "trigger_rule", "deferrable")


def start_settings(task: object) -> dict[str, Any]:
    """Return the arguments that decide when and where Airflow runs a task, from its attributes."""
    values = {str(name): getattr(task, name, None) for name in _SETTINGS}
    return {name: value for name, value in values.items() if value is not None}


def gates_of(settings: Mapping[str, Any]) -> tuple[Gate, ...]:
    """
    Return the gates of a task.

    :param settings: its operator arguments by name, with ``default_args`` where it has none of its own.
    """
    checks = {
        # Airflow treats a task with `wait_for_downstream` as one with `depends_on_past`.
        Gate.DEPENDS_ON_PAST: bool(settings.get("depends_on_past")),
        Gate.WAIT_FOR_DOWNSTREAM: bool(settings.get("wait_for_downstream")),
        Gate.MAX_ACTIVE_TIS_PER_DAG: settings.get("max_active_tis_per_dag") is not None,
        Gate.MAX_ACTIVE_TIS_PER_DAGRUN: settings.get("max_active_tis_per_dagrun") is not None,
        Gate.POOL: _is_limited_by_pool(settings),
        Gate.PRE_EXECUTE: settings.get("pre_execute") is not None,
    }
    return tuple(gate for gate, is_closed in checks.items() if is_closed)


def trigger_rule_of(settings: Mapping[str, Any]) -> str:
    """Return the trigger rule of a task; see ``gates_of`` for the settings."""
    rule = settings.get("trigger_rule") or TriggerRule.ALL_SUCCESS
    return str(getattr(rule, "value", rule))  # in Python, it may be a member of Airflow's enum


def gate_reason(gates: Iterable[Gate]) -> str:
    """Return why a job's own task submits it, as a clause; empty without gates."""
    return ", and ".join(_REASONS[gate] for gate in gates)


def hold_until_end(gates: Iterable[str]) -> bool:
    """Whether Airflow looks at the task until its job has ended: one task must submit and follow the job."""
    return any(gates)  # also `pre_execute`, which Airflow calls again when a task resumes


def _is_limited_by_pool(settings: Mapping[str, Any]) -> bool:
    # Every task is in the default pool. Only an author who
    # chooses another pool, or more slots, wants to limit jobs.
    has_own_pool = settings.get("pool") not in (None, DEFAULT_POOL)
    return has_own_pool or (settings.get("pool_slots") or 1) > 1
