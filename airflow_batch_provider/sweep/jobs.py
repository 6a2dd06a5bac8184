"""Find the live jobs of a run, or of some of its tasks, by name and terminate them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_batch_provider.following.identity import JobIdentity
from airflow_batch_provider.spec.values import is_template
from airflow_batch_provider.sweep.task_queues import TaskQueues, queues_of

if TYPE_CHECKING:
    from airflow_batch_provider.hooks.connection import AwsConnection

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class JobSource:
    """
    The queues of one connection in which tasks of a DAG have their jobs.

    :param job_queues: names or ARNs; templates included.
    :param job_keys: the job keys of each task, by task ID; a mapped task may have several.
    """

    connection: AwsConnection
    job_queues: tuple[str, ...]
    job_keys: Mapping[str, Sequence[str]] = field(default_factory=dict)


def sources_of(tasks: Iterable[Any]) -> list[JobSource]:
    """
    Return where the tasks of ``BatchJobOperator``, and of operators derived from it, have their jobs.

    :param tasks: as the author's code created them or as Airflow's database stores them, mapped or not.
    """
    # Compared, not hashed: an argument of a task that is not rendered yet may be any object.
    by_connection: list[tuple[AwsConnection, list[TaskQueues]]] = []
    for each in (queues for task in tasks for queues in queues_of(task)):
        known = next((others for other, others in by_connection if other == each.connection), None)
        if known is None:
            by_connection.append((each.connection, [each]))
        else:
            known.append(each)
    return [_source(connection, of_connection) for connection, of_connection in by_connection]


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
        queues = self.source.job_queues
        if any(is_template(queue) for queue in queues):  # it cannot be rendered here: search all queues
            queues = tuple(batch.list_job_queues())
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
            self._identity(job_key, map_index).job_prefix
            for task_id, map_index in sorted(self.tasks)
            for job_key in job_keys.get(task_id, ())
        )

    def _identity(self, job_key: str, map_index: int = -1) -> JobIdentity:
        return JobIdentity(self.dag_id, self.run_id, job_key, map_index=map_index)


def _source(connection: AwsConnection, found: Sequence[TaskQueues]) -> JobSource:
    job_keys: dict[str, list[str]] = {}
    for each in found:
        keys = job_keys.setdefault(each.task_id, [])
        if each.job_key is not None and each.job_key not in keys:
            keys.append(each.job_key)
    queues = tuple(dict.fromkeys(queue for each in found for queue in each.job_queues))
    return JobSource(connection, queues, job_keys)
