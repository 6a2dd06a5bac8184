"""What a task shows and publishes when its job has ended; the same in a worker and in the triggerer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.batch.job import JobStatus
from airflow_batch_provider.following.terminations import is_dependency_failure
from airflow_batch_provider.handover import ARRAY_XCOM, JOB_ID_XCOM
from airflow_batch_provider.links.batch import BATCH_LINKS

if TYPE_CHECKING:
    from airflow_batch_provider.batch.client import BatchClient
    from airflow_batch_provider.batch.console import ConsoleReference
    from airflow_batch_provider.batch.failures.report import JobReport
    from airflow_batch_provider.batch.job import JobDescription
    from airflow_batch_provider.hooks.batch import BatchHook

_HAS_STARTED: Final = (JobStatus.RUNNABLE, JobStatus.STARTING, JobStatus.RUNNING, JobStatus.SUCCEEDED)


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


def has_run(batch: BatchClient, job: JobDescription) -> bool:
    """Whether a job, or a child of it, has started, has succeeded or has failed by itself."""
    if job.array is None:
        return job.started_at is not None or job.status in _HAS_STARTED
    if any(job.array.count(status) for status in _HAS_STARTED):
        return True
    failed = batch.list_failed_children(job.job_id) if job.status.is_final else []
    return any(not is_dependency_failure(child.status_reason) for child in failed)


def unfollowed_xcoms(hook: BatchHook, job: JobDescription, task_id: str) -> Mapping[str, Any]:
    """Return what to publish for a task that did not run, although its job has run at least in part."""
    reference = hook.console_reference(job)
    xcoms: dict[str, Any] = {JOB_ID_XCOM: job.job_id}
    if not job.status.is_final:
        return {**xcoms, **link_xcoms(reference, BATCH_LINKS)}
    report = hook.report(job, task_id, log_lines_max=0, children_shown=0)
    return {**xcoms, **task_end(report, reference, BATCH_LINKS).xcoms}


def link_xcoms(reference: ConsoleReference, links: Iterable[Any]) -> dict[str, Any]:
    """Return the XComs from which Airflow shows operator links; a link without an address has none."""
    urls = {link.xcom_key: link.url(reference) for link in links}
    return {key: url for key, url in urls.items() if url}
