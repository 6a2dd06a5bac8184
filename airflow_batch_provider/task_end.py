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
    xcoms = link_xcoms(reference, links)
    # `succeeded` is None if the children could not be listed: a result without them would look like success.
    # A job that was terminated just now may still be running: its children have no final counts yet.
    if report.job.status.is_final and report.array is not None and report.array.succeeded is not None:
        xcoms[ARRAY_XCOM] = report.array.to_json()
    return TaskEnd(tuple(report.lines()), xcoms)


def link_xcoms(reference: ConsoleReference, links: Iterable[Any]) -> dict[str, Any]:
    """Return the XComs from which Airflow shows operator links; a link without an address has none."""
    urls = {link.xcom_key: link.url(reference) for link in links}
    return {key: url for key, url in urls.items() if url}
