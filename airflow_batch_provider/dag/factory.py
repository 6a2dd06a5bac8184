"""Build DAGs and task groups from workflows."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk import DAG, TaskGroup

from airflow_batch_provider.dag.alerting import add_run_alerts, add_task_alerts
from airflow_batch_provider.dag.dag_arguments import as_dag_arguments
from airflow_batch_provider.dag.spec_warnings import emit_warnings
from airflow_batch_provider.dag.task_builders import add_tasks
from airflow_batch_provider.plan.planner import plan_workflow
from airflow_batch_provider.spec.loader import read_workflow, validate_workflow
from airflow_batch_provider.spec.models import Workflow
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
    return dag_of(plan_workflow(_as_workflow(workflow)), **dag_arguments)


def dag_of(plan: WorkflowPlan, *, only: str | None = None, **dag_arguments: Any) -> DAG:
    """
    Build the DAG of a plan.

    :param only: the ID of the one task that this process runs; the other tasks are left out.
    """
    arguments = {"description": plan.description, **as_dag_arguments(plan.airflow), **dag_arguments}
    with DAG(plan.workflow, **arguments) as dag:
        add_tasks(plan, prefix="", only=only)
    add_task_alerts(dag.tasks, plan)
    if only is not None:
        # The ID may be that of a task that the code around
        # this DAG adds; it may use any task of the workflow.
        return dag if dag.has_task(only) else dag_of(plan, **dag_arguments)
    add_run_alerts(dag, plan)
    sweep_at_end(dag)
    _warn_if_large(dag)
    return dag


def build_task_group(workflow: Workflow | str | Path, group_id: str | None = None) -> TaskGroup:
    """
    Build a task group of a workflow inside the current DAG.

    The spec's ``airflow`` settings belong to a DAG and are ignored.

    :param group_id: the group's ID; the workflow's name by default.
    """
    plan = plan_workflow(_as_workflow(workflow))
    with TaskGroup(group_id or plan.workflow.replace(".", "_"), tooltip=plan.description or "") as group:
        add_tasks(plan, prefix=f"{group.group_id}.")
    add_task_alerts(group.iter_tasks(), plan)
    sweep_at_end(group.dag)
    return group


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


def _as_workflow(workflow: Workflow | str | Path) -> Workflow:
    if isinstance(workflow, Workflow):
        return validate_workflow(workflow)
    loaded = read_workflow(workflow)
    emit_warnings(loaded.warnings)
    return loaded.workflow
