"""Find the live jobs of a run, or of some of its tasks, by name and terminate them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_batch_provider.following.identity import JobIdentity
from airflow_batch_provider.hooks.connection import DEFAULT_CONN_ID, AwsConnection
from airflow_batch_provider.spec.values import is_template

if TYPE_CHECKING:
    from airflow_batch_provider.batch.client import BatchClient

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class JobSource:
    """
    The queues of one connection in which tasks of a DAG have their jobs.

    :param job_queues: names or ARNs; templates included.
    :param job_keys: the job key of each task, by task ID.
    """

    connection: AwsConnection
    job_queues: tuple[str, ...]
    job_keys: Mapping[str, str] = field(default_factory=dict)


def sources_of(tasks: Iterable[Any]) -> list[JobSource]:
    """
    Return where the tasks of ``BatchJobOperator``, and of operators derived from it, have their jobs.

    :param tasks: as the author's code created them or as Airflow's database stores them, mapped or not.
    """
    # Compared, not hashed: an argument of a task that is not rendered yet may be any object.
    by_connection: list[tuple[AwsConnection, list[Any]]] = []
    for task in _submitting(tasks):
        connection = _connection_of(task)
        known = next((others for other, others in by_connection if other == connection), None)
        if known is None:
            by_connection.append((connection, [task]))
        else:
            known.append(task)
    return [
        JobSource(
            connection,
            tuple(dict.fromkeys(queue for task in of_connection for queue in _queues_of(task))),
            {task.task_id: str(_argument(task, "job_key") or task.task_id) for task in of_connection},
        )
        for connection, of_connection in by_connection
    ]


@dataclass(frozen=True, slots=True)
class UnfollowedJobs:
    """
    The jobs of a run that no task follows any longer, or those of some of its tasks.

    :param until: jobs that were created later are left alone; as a Unix timestamp.
    :param reason: the reason of TerminateJob.
    :param tasks: task IDs and map indexes; empty for the whole run.
    """

    source: JobSource
    dag_id: str
    run_id: str
    until: float
    reason: str
    tasks: frozenset[tuple[str, int]] = frozenset()

    def terminate(self) -> list[str]:
        """Terminate those that are live; return their IDs."""
        from airflow_batch_provider.hooks.batch import BatchHook

        batch = BatchHook.of(self.source.connection).batch
        queues = _queues_to_search(self.source, batch)
        # One listing per queue: by the task's prefix for one task, by the run's for several. The filter
        # ignores case, so names are compared again below.
        prefixes = self._name_prefixes()
        common = prefixes[0] if len(prefixes) == 1 else self._identity("").run_prefix
        live = [
            job.job_id
            for queue in queues
            for job in batch.list_jobs_by_name(queue, f"{common}*")
            if job.job_name.startswith(prefixes) and job.is_live and job.created_at <= self.until * 1000
        ]
        if live:
            log.info("Terminating jobs %s: %s", ", ".join(live), self.reason)
            batch.terminate(live, self.reason)
        return live

    def _name_prefixes(self) -> tuple[str, ...]:
        if not self.tasks:
            return (self._identity("").run_prefix,)
        job_keys = self.source.job_keys
        return tuple(
            self._identity(job_keys[task_id], map_index).job_prefix
            for task_id, map_index in sorted(self.tasks)
            if task_id in job_keys
        )

    def _identity(self, job_key: str, map_index: int = -1) -> JobIdentity:
        return JobIdentity(self.dag_id, self.run_id, job_key, map_index=map_index)


def newest_jobs(source: JobSource, batch: BatchClient, dag_id: str, run_id: str) -> dict[str, str]:
    """Return the ID of the newest job of each task that is not mapped, by task ID."""
    run_prefix = JobIdentity(dag_id, run_id, "").run_prefix
    listed = [
        job
        for queue in _queues_to_search(source, batch)
        for job in batch.list_jobs_by_name(queue, f"{run_prefix}*")
    ]
    newest_first = sorted(listed, key=lambda job: job.created_at, reverse=True)
    prefixes = {
        task_id: JobIdentity(dag_id, run_id, job_key).job_prefix
        for task_id, job_key in source.job_keys.items()
    }
    found = {
        task_id: next((job for job in newest_first if job.job_name.startswith(prefix)), None)
        for task_id, prefix in prefixes.items()
    }
    return {task_id: job.job_id for task_id, job in found.items() if job is not None}


def _queues_to_search(source: JobSource, batch: BatchClient) -> tuple[str, ...]:
    if any(is_template(queue) for queue in source.job_queues):  # it cannot be rendered here
        return tuple(batch.list_job_queues())
    return source.job_queues


def _submitting(tasks: Iterable[Any]) -> Iterator[Any]:
    """Choose the tasks that follow a job and know its queue."""
    for task in tasks:
        # By fields, not by class: an operator that Airflow reads
        # from its database is not an instance of its class.
        if {"adopt", "job_queue"} <= set(task.template_fields) and _argument(task, "job_queue"):
            yield task


def _queues_of(task: Any) -> Iterator[str]:
    """List the queue of a task, and the queue that its ``backfill`` sets in backfill runs."""
    yield str(_argument(task, "job_queue"))
    backfill = _argument(task, "backfill")
    if isinstance(backfill, Mapping) and backfill.get("job_queue"):
        yield str(backfill["job_queue"])


def _connection_of(task: Any) -> AwsConnection:
    return AwsConnection(
        _argument(task, "aws_conn_id", default_of_mapped=DEFAULT_CONN_ID),
        _argument(task, "region_name"),
        _argument(task, "verify"),
        _argument(task, "botocore_config"),
    )


def _argument(task: Any, name: str, *, default_of_mapped: Any = None) -> Any:
    """
    Return an argument of a task, mapped or not.

    Airflow's database leaves out arguments that are None; for a mapped task, also those that were not given.
    """
    partial_kwargs = getattr(task, "partial_kwargs", None)
    if isinstance(partial_kwargs, dict):
        return partial_kwargs.get(name, default_of_mapped)
    return getattr(task, name, None)
