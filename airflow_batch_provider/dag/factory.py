"""Build DAGs and task groups from workflows."""

from __future__ import annotations

import logging
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from airflow.providers.common.compat.sdk import AirflowException
from airflow.sdk import DAG, TaskGroup

from airflow_batch_provider.dag.alerting import add_run_alerts, add_task_alerts
from airflow_batch_provider.dag.dag_arguments import as_dag_arguments
from airflow_batch_provider.dag.documentation import document_dag, shows_spec
from airflow_batch_provider.dag.priorities import set_priorities
from airflow_batch_provider.dag.spec_warnings import emit_warnings
from airflow_batch_provider.dag.task_builders import add_tasks
from airflow_batch_provider.plan.planner import plan_workflow
from airflow_batch_provider.spec.loader import read_workflow, validate_workflow
from airflow_batch_provider.spec.models import Workflow
from airflow_batch_provider.spec.spec_text import SpecText, spec_text
from airflow_batch_provider.spec.workflow_text import workflow_text
from airflow_batch_provider.sweep.run_end import sweep_at_end

if TYPE_CHECKING:
    from airflow_batch_provider.plan.model import WorkflowPlan

log = logging.getLogger(__name__)

TASKS_WARNING: Final = 1000
"""Tasks of one DAG above which Airflow's scheduler and UI become slow."""


def build_dag(workflow: Workflow | str | Path, **dag_arguments: Any) -> DAG:
    """
    Build the DAG of a workflow.

    :param workflow: a ``Workflow``, or the path of its file.
    :param dag_arguments: arguments of ``DAG()``; they replace those of the spec's ``airflow``.
    :raises InvalidSpecError: the spec breaks a rule; the message lists all errors.
    """
    loaded, source = _load(workflow)
    plan = plan_workflow(loaded, default_args=dag_arguments.get("default_args"))
    return register(dag_of(replace(plan, source=source), **dag_arguments))


def register(dag: DAG) -> DAG:
    """Register a complete DAG with Airflow, which loads it even if no variable of the DAG file holds it."""
    with dag:
        return dag  # Airflow registers a DAG when its block ends


def dag_of(plan: WorkflowPlan, *, only: str | None = None, **dag_arguments: Any) -> DAG:
    """
    Build the DAG of a plan, without registering it.

    A block registers its DAG even if it ends with an error. Airflow would load the DAG with the tasks that
    it has by then; if the database rejects it, every other DAG of the file keeps its last version, without
    an import error.

    :param only: the ID of the one task that this process runs; the other tasks are left out.
    """
    arguments = {
        "dag_id": plan.workflow,
        "description": plan.description,
        **as_dag_arguments(plan.airflow),
        **dag_arguments,
    }
    auto_register = arguments.pop("auto_register", True)
    with DAG(**arguments, auto_register=False) as dag:
        add_tasks(plan, prefix="", only=only)
    dag.auto_register = auto_register
    set_priorities(dag.tasks, plan)
    add_task_alerts(dag.tasks, plan)
    if only is not None:
        # The ID may be that of a task that the code around
        # this DAG adds; it may use any task of the workflow.
        return dag if dag.has_task(only) else dag_of(plan, **dag_arguments)
    document_dag(dag, plan)
    add_run_alerts(dag, plan)
    sweep_at_end(dag)
    _warn_if_large(dag)
    return dag


def build_task_group(workflow: Workflow | str | Path, group_id: str | None = None) -> TaskGroup:
    """
    Build a task group of a workflow inside the current DAG.

    The spec's ``airflow`` settings belong to a DAG and are ignored; the ``default_args`` of the current
    DAG and task groups apply. The group may be part of other groups, also of mapped ones, and a workflow
    may be added several times.

    :param group_id: the group's ID; by default the workflow's name, with ``__1``, ``__2``, … if the DAG has
        such a group already.
    """
    loaded, _ = _load(workflow)
    with _new_group(loaded, group_id) as group:
        plan = plan_workflow(loaded, default_args={**group.dag.default_args, **group.default_args})
        add_tasks(plan, prefix=f"{group.group_id}.")
    set_priorities(group.iter_tasks(), plan)
    add_task_alerts(group.iter_tasks(), plan)
    sweep_at_end(group.dag)
    return group


def _new_group(workflow: Workflow, group_id: str | None) -> TaskGroup:
    tooltip = workflow.description or ""
    if group_id is not None:
        return TaskGroup(group_id, tooltip=tooltip)
    name = workflow.workflow.replace(".", "_")
    for number in count():
        # Not TaskGroup's own `add_suffix_on_collision`: inside another group, it adds `__1` twice.
        try:
            return TaskGroup(f"{name}__{number}" if number else name, tooltip=tooltip)
        except AirflowException as error:  # DuplicateTaskIdFound, whose module differs between versions
            if type(error).__name__ != "DuplicateTaskIdFound":
                raise
    raise AssertionError("unreachable")


def _warn_if_large(dag: DAG) -> None:
    if len(dag.task_dict) > TASKS_WARNING:
        log.warning(
            "DAG '%s' has %s tasks. With more than %s, Airflow's scheduler and UI become slow. Replace jobs "
            "that differ only in their input by one array job, or split the workflow in two, connected "
            "by an asset.",
            dag.dag_id,
            f"{len(dag.task_dict):,}",
            f"{TASKS_WARNING:,}",
        )


def _load(workflow: Workflow | str | Path) -> tuple[Workflow, SpecText | None]:
    """Return a valid workflow, and its text if that is shown."""
    if isinstance(workflow, Workflow):
        valid = validate_workflow(workflow)
        return valid, workflow_text(valid) if shows_spec(valid.airflow) else None
    loaded = read_workflow(workflow)
    emit_warnings(loaded.warnings)
    return loaded.workflow, spec_text(loaded) if shows_spec(loaded.workflow.airflow) else None
