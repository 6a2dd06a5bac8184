"""From a plan to Airflow's tasks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, BaseOperator, TaskGroup

from airflow_batch_provider.dag.schedule import airflow_schedule
from airflow_batch_provider.dag.sweep import RunSweep, with_sweep
from airflow_batch_provider.hooks.connection import AwsConnection
from airflow_batch_provider.names import snake_case
from airflow_batch_provider.operators.batch import (
    BatchJobOperator,
    BatchSubmitJobOperator,
    BatchSubmitWorkflowOperator,
)
from airflow_batch_provider.operators.connected import ConnectedOperator
from airflow_batch_provider.operators.publication import PublishedJob
from airflow_batch_provider.plan.model import PlannedDependency, PlannedJob, WorkflowPlan
from airflow_batch_provider.plan.planner import plan_workflow
from airflow_batch_provider.spec.loader import checked, load_workflow
from airflow_batch_provider.spec.models import AirflowSettings, Arrangement, Workflow
from airflow_batch_provider.spec.values import is_template

SUBMIT_TASK = "submit"
WAIT_TASK = "wait"


def build_dag(workflow: Workflow | str | Path, **dag_arguments: Any) -> DAG:
    """
    Make the DAG of a workflow.

    :param workflow: a ``Workflow``, or the path of its file.
    :param dag_arguments: arguments of ``DAG()``, in place of those of the spec's ``airflow``.
    :raises InvalidSpecError: the file breaks a rule.
    """
    plan = plan_workflow(_as_workflow(workflow))
    arguments = {"description": plan.description, **_dag_arguments(plan.airflow), **dag_arguments}
    with DAG(plan.workflow, **arguments) as dag:
        _add_tasks(plan, prefix="")
    sweep = RunSweep(_connection_of(dag), _literal_queues(plan))
    dag.on_failure_callback = with_sweep(dag.on_failure_callback, sweep)
    dag.on_success_callback = with_sweep(dag.on_success_callback, sweep)
    dag.has_on_failure_callback = dag.has_on_success_callback = True
    return dag


def build_task_group(workflow: Workflow | str | Path, group_id: str | None = None) -> TaskGroup:
    """
    Make a task group of a workflow inside the DAG that is being written.

    The spec's ``airflow`` settings are the DAG's business and are not used.

    :param group_id: the group's id; the workflow's name unless given.
    """
    plan = plan_workflow(_as_workflow(workflow))
    with TaskGroup(group_id or plan.workflow.replace(".", "_"), tooltip=plan.description or "") as group:
        _add_tasks(plan, prefix=f"{group.group_id}.")
    return group


def _connection_of(dag: DAG) -> AwsConnection:
    """Take the connection of the DAG's tasks: the spec's, or that of the DAG's default arguments."""
    return next(task.connection for task in dag.tasks if isinstance(task, ConnectedOperator))


def _literal_queues(plan: WorkflowPlan) -> tuple[str, ...]:
    """List the job queues that are known at parse; a queue that is a template cannot be looked at."""
    queues = dict.fromkeys(str(job.request["jobQueue"]) for job in plan.jobs)
    return tuple(queue for queue in queues if not is_template(queue))


def _as_workflow(workflow: Workflow | str | Path) -> Workflow:
    return checked(workflow) if isinstance(workflow, Workflow) else load_workflow(workflow)


def _dag_arguments(settings: AirflowSettings) -> dict[str, Any]:
    arguments = {name: value for name, value in settings if value is not None}
    arguments["schedule"] = airflow_schedule(settings.schedule)
    if "dagrun_timeout" in arguments:
        arguments["dagrun_timeout"] = timedelta(seconds=arguments["dagrun_timeout"])
    return arguments


def _add_tasks(plan: WorkflowPlan, prefix: str) -> None:
    if plan.arrangement is Arrangement.PER_JOB:
        _submit_per_job(plan, prefix)
    else:
        _submit_at_once(plan)


def _submit_at_once(plan: WorkflowPlan) -> None:
    """One task submits all jobs; one task follows each job, behind those of the jobs it depends on."""
    connection = plan.connection.model_dump(exclude_unset=True)
    submit = BatchSubmitWorkflowOperator(task_id=SUBMIT_TASK, plan=plan, **connection)
    tasks: dict[str, BaseOperator] = {}
    for job in plan.jobs:
        tasks[job.key] = BatchJobOperator(
            task_id=job.key,
            adopt=PublishedJob(submit.task_id, job.key),
            **_operator_arguments(job),
            **connection,
        )
        upstream = [tasks[key] for key in job.upstream_keys] or [submit]
        upstream >> tasks[job.key]


def _submit_per_job(plan: WorkflowPlan, prefix: str) -> None:
    """Two tasks for each job: the upstream ``submit``'s id goes as XCom into the downstream ``submit``."""
    connection = plan.connection.model_dump(exclude_unset=True)
    submits: dict[str, BatchSubmitJobOperator] = {}
    waits: dict[str, BatchJobOperator] = {}
    for job in plan.jobs:
        arguments = {**_operator_arguments(job), "job_key": prefix + job.key}
        with TaskGroup(job.key):
            submits[job.key] = BatchSubmitJobOperator(
                task_id=SUBMIT_TASK,
                depends_on=[_handed_over(dependency, submits) for dependency in job.depends_on],
                **arguments,
                **connection,
            )
            waits[job.key] = BatchJobOperator(
                task_id=WAIT_TASK, adopt=submits[job.key].output, **arguments, **connection
            )
        [waits[key] for key in job.upstream_keys] >> waits[job.key]


def _handed_over(dependency: PlannedDependency, submits: Mapping[str, BatchSubmitJobOperator]) -> Any:
    if dependency.job_key is None:
        return {"type": str(dependency.type)}
    job_id = submits[dependency.job_key].output
    return {"job_id": job_id, "type": str(dependency.type)} if dependency.type else job_id


def _operator_arguments(job: PlannedJob) -> dict[str, Any]:
    return {snake_case(member): value for member, value in job.request.items()}
