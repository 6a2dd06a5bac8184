"""Turn a spec's ``alerts`` into callbacks of a DAG and its tasks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import DAG, BaseOperator

from airflow_batch_provider.notifications.alerts import (
    SNS_ARGUMENTS,
    SNS_NOTIFIER,
    AlertTarget,
    JobFailedAlert,
    RunFailedAlert,
    RunSucceededAlert,
)

if TYPE_CHECKING:
    from airflow_batch_provider.plan.model import WorkflowPlan
    from airflow_batch_provider.spec.models import Alert, ConnectionSettings


def add_task_alerts(tasks: Iterable[Any], plan: WorkflowPlan) -> None:
    """Send an alert when a task has failed and has no retries left, after the task's own callbacks."""
    alerts = [JobFailedAlert(_alert_target(alert, plan.connection)) for alert in plan.alerts.on_failure]
    for task in tasks if alerts else ():
        if isinstance(task, BaseOperator):
            task.on_failure_callback = [*_as_list(task.on_failure_callback), *alerts]


def add_run_alerts(dag: DAG, plan: WorkflowPlan) -> None:
    """Send an alert when a run succeeds, and when a run fails although no job has failed."""
    failed = [RunFailedAlert(_alert_target(alert, plan.connection)) for alert in plan.alerts.on_failure]
    succeeded = [RunSucceededAlert(_alert_target(alert, plan.connection)) for alert in plan.alerts.on_success]
    dag.on_failure_callback = [*_as_list(dag.on_failure_callback), *failed]
    dag.on_success_callback = [*_as_list(dag.on_success_callback), *succeeded]


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


def _as_list(callbacks: Any) -> Sequence[Any]:
    if callbacks is None:
        return []
    return callbacks if isinstance(callbacks, list | tuple) else [callbacks]
