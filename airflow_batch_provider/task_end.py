"""What a task shows and publishes when its job has ended; the same in a worker and in the triggerer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_batch_provider.handover import ARRAY_XCOM

if TYPE_CHECKING:
    from airflow_batch_provider.batch.console import ConsoleReference
    from airflow_batch_provider.batch.failures.report import JobReport


@dataclass(frozen=True, slots=True)
class TaskEnd:
    """
    The visible end of a job's task.

    :param lines: lines for the task's log: what the job, or its first failed children, printed.
    :param xcoms: values by key: how an array's children ended, and the links that have an address.
    """

    lines: tuple[str, ...]
    xcoms: Mapping[str, Any]


def task_end(report: JobReport, reference: ConsoleReference, links: Iterable[Any]) -> TaskEnd:
    """
    Decide what a task logs and publishes.

    :param links: the operator links to publish.
    """
    urls = {link.xcom_key: link.url(reference) for link in links}
    xcoms: dict[str, Any] = {key: url for key, url in urls.items() if url}
    # `succeeded` is None if the children could not be listed.
    # A result without them would look like a success.
    if report.array is not None and report.array.succeeded is not None:
        xcoms[ARRAY_XCOM] = report.array.to_json()
    return TaskEnd(tuple(report.lines()), xcoms)
