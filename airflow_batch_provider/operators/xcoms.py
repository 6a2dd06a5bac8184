"""Publish XComs of a task that runs in a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_batch_provider.batch.console import ConsoleReference


def publish_links(task: Any, context: Context, reference: ConsoleReference) -> None:
    """Publish a task's console links now; Airflow itself publishes them when the task ends."""
    task.console_reference = reference
    for link in task.operator_extra_links:
        if url := link.url(reference):
            context["ti"].xcom_push(key=link.xcom_key, value=url)
