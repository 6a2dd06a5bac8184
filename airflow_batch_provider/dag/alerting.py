"""From a spec's ``alerts`` to the callbacks of a DAG and its tasks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from airflow.sdk import DAG, BaseOperator

from airflow_batch_provider.notifications.alerts import (
    SNS_ARGUMENTS,
    SNS_NOTIFIER,
    AlertTarget,
    JobFailedAlert,
    RunFailedAlert,
    RunSucceededAlert,
)
from airflow_batch_provider.plan.model import WorkflowPlan
from airflow_batch_provider.spec.models import Alert, ConnectionSettings


def alert_of_tasks(tasks: Iterable[Any], plan: WorkflowPlan) -> None:
    """Tell of each task that fails for good, after what the task's author wants done then."""
    alerts = [JobFailedAlert(_alert_target(alert, plan.connection)) for alert in plan.alerts.on_failure]
    for task in tasks if alerts else ():
        if isinstance(task, BaseOperator):
            task.on_failure_callback = [*_listed(task.on_failure_callback), *alerts]


def alert_of_runs(dag: DAG, plan: WorkflowPlan) -> None:
    """Tell of runs that succeed, and of those that fail although no job does."""
    failed = [RunFailedAlert(_alert_target(alert, plan.connection)) for alert in plan.alerts.on_failure]
    succeeded = [RunSucceededAlert(_alert_target(alert, plan.connection)) for alert in plan.alerts.on_success]
    dag.on_failure_callback = [*_listed(dag.on_failure_callback), *failed]
    dag.on_success_callback = [*_listed(dag.on_success_callback), *succeeded]


def _alert_target(alert: Alert, connection: ConnectionSettings) -> AlertTarget:
    if alert.sns is None:
        return AlertTarget(str(alert.notifier), alert.arguments or {})
    own = alert.sns.model_fields_set
    return AlertTarget(
        SNS_NOTIFIER,
        {
            **SNS_ARGUMENTS,
            "target_arn": alert.sns.topic_arn,
            "aws_conn_id": alert.sns.aws_conn_id if "aws_conn_id" in own else connection.aws_conn_id,
            "region_name": alert.sns.region_name if "region_name" in own else connection.region_name,
        },
    )


def _listed(callbacks: Any) -> Sequence[Any]:
    if callbacks is None:
        return []
    return callbacks if isinstance(callbacks, list | tuple) else [callbacks]
