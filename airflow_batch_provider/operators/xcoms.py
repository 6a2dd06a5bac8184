"""Publish XComs of a task that runs in a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
