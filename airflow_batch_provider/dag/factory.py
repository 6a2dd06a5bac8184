"""From workflows to DAGs and task groups."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from airflow.sdk import DAG, TaskGroup

from airflow_batch_provider.dag.alerting import alert_of_runs, alert_of_tasks
from airflow_batch_provider.dag.arrangement import add_tasks
from airflow_batch_provider.dag.params import airflow_params
from airflow_batch_provider.dag.schedule import airflow_schedule
from airflow_batch_provider.dag.spec_warnings import emit_warnings
from airflow_batch_provider.dag.sweep import sweep_at_end
from airflow_batch_provider.plan.model import WorkflowPlan
from airflow_batch_provider.plan.planner import plan_workflow
from airflow_batch_provider.spec.loader import read_workflow, validate_workflow
from airflow_batch_provider.spec.models import AirflowSettings, Workflow

log = logging.getLogger(__name__)

TASKS_MANY: Final = 1000
"""Tasks of one DAG above which Airflow's scheduler and UI become slow."""


def build_dag(workflow: Workflow | str | Path, **dag_arguments: Any) -> DAG:
    """
    Make the DAG of a workflow.

    :param workflow: a ``Workflow``, or the path of its file.
    :param dag_arguments: arguments of ``DAG()``, in place of those of the spec's ``airflow``.
    :raises InvalidSpecError: the file breaks a rule.
    """
    return dag_of(plan_workflow(_as_workflow(workflow)), **dag_arguments)


def dag_of(plan: WorkflowPlan, *, only: str | None = None, **dag_arguments: Any) -> DAG:
    """
    Make the DAG of a plan.

    :param only: the id of the one task that this process will run: the others are left out.
    """
    arguments = {"description": plan.description, **_dag_arguments(plan.airflow), **dag_arguments}
    with DAG(plan.workflow, **arguments) as dag:
        add_tasks(plan, prefix="", only=only)
    alert_of_tasks(dag.tasks, plan)
    if only is not None:
        return dag if dag.has_task(only) else dag_of(plan, **dag_arguments)
    alert_of_runs(dag, plan)
    sweep_at_end(dag)
    _warn_of_many(dag)
    return dag


def build_task_group(workflow: Workflow | str | Path, group_id: str | None = None) -> TaskGroup:
    """
    Make a task group of a workflow inside the DAG that is being written.

    The spec's ``airflow`` settings are the DAG's business and are not used.

    :param group_id: the group's id; the workflow's name unless given.
    """
    plan = plan_workflow(_as_workflow(workflow))
    with TaskGroup(group_id or plan.workflow.replace(".", "_"), tooltip=plan.description or "") as group:
        add_tasks(plan, prefix=f"{group.group_id}.")
    alert_of_tasks(group.iter_tasks(), plan)
    sweep_at_end(group.dag)
    return group


def _warn_of_many(dag: DAG) -> None:
    if len(dag.task_dict) > TASKS_MANY:
        log.warning(
            "DAG '%s' has %s tasks; above %s Airflow becomes slow. Make one array job of jobs that differ in "
            "their input alone, or cut the workflow in two that follow each other through an asset.",
            dag.dag_id,
            f"{len(dag.task_dict):,}",
            f"{TASKS_MANY:,}",
        )


def _as_workflow(workflow: Workflow | str | Path) -> Workflow:
    if isinstance(workflow, Workflow):
        return validate_workflow(workflow)
    loaded = read_workflow(workflow)
    emit_warnings(loaded.warnings)
    return loaded.workflow


def _dag_arguments(settings: AirflowSettings) -> dict[str, Any]:
    arguments = {name: value for name, value in settings if value is not None}
    arguments["schedule"] = airflow_schedule(settings.schedule)
    if settings.params is not None:
        arguments["params"] = airflow_params(settings.params)
    if "dagrun_timeout" in arguments:
        arguments["dagrun_timeout"] = timedelta(seconds=arguments["dagrun_timeout"])
    return arguments
