"""Publish XComs from a task that runs in a worker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow_batch_provider.task_end import link_xcoms

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_batch_provider.batch.console import ConsoleReference
    from airflow_batch_provider.operators.roles import JobTask


def publish_links(task: JobTask, context: Context, reference: ConsoleReference) -> None:
    """Publish a task's console links now; Airflow itself publishes them when the task ends."""
    task.console_reference = reference
    for key, url in link_xcoms(reference, task.operator_extra_links).items():
        context["ti"].xcom_push(key=key, value=url)


def publish_for(task_id: str, map_index: int, context: Context, xcoms: Mapping[str, Any]) -> None:
    """Publish XComs of another task of this run, which does not run itself; it loses them when it does."""
    from airflow.sdk.execution_time.xcom import XCom

    ti = context["ti"]
    coordinates = {"dag_id": ti.dag_id, "run_id": ti.run_id, "task_id": task_id, "map_index": map_index}
    for key, value in xcoms.items():
        XCom.set(key=key, value=value, **coordinates)
