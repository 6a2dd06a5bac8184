"""Which jobs the tasks of a DAG follow, read from the DAG as Airflow's database keeps it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.following.identity import JobIdentity
from airflow_batch_provider.hooks.connection import DEFAULT_CONN_ID, AwsConnection
from airflow_batch_provider.hooks.sweeping import queues_of, sweep

if TYPE_CHECKING:
    from airflow_batch_provider.plugin.gathering import MarkedRun

_ENDED: Final = frozenset({"failed", "success", "skipped"})


@dataclass(frozen=True, slots=True)
class FollowedJobs:
    """
    Jobs of one run that tasks follow over one connection, or those of some of its tasks.

    :param prefixes: what the names of a task's jobs begin with, by its id and map index; empty for
        all jobs of the run.
    :param until: jobs that were created later are none of these, in seconds since the epoch.
    """

    connection: AwsConnection
    job_queues: tuple[str, ...]
    dag_id: str
    run_id: str
    until: float
    prefixes: Mapping[tuple[str, int], str] = field(default_factory=dict)

    def terminate(self) -> None:
        """Terminate those that are live."""
        prefixes = list(self.prefixes.values())
        run_prefix = JobIdentity(self.dag_id, self.run_id, "").run_prefix
        sweep(
            self.connection,
            self.job_queues,
            prefixes[0] if len(prefixes) == 1 else run_prefix,
            among=prefixes,
            until=self.until,
            reason=self._reason,
        )

    def still_unwanted(self) -> FollowedJobs | None:
        """Choose those whose run, or task, has still ended: nobody has cleared it meanwhile."""
        if not self.prefixes:
            return replace(self, until=time.time()) if _run_has_ended(self.dag_id, self.run_id) else None
        ended = _ended_tasks(self.dag_id, self.run_id)
        left = {task: prefix for task, prefix in self.prefixes.items() if task in ended}
        return replace(self, prefixes=left, until=time.time()) if left else None

    @property
    def _reason(self) -> str:
        if not self.prefixes:
            return "The run of this job's workflow was marked in Airflow"
        task_ids = {task_id for task_id, _ in self.prefixes}
        task = f"Task '{task_ids.pop()}'" if len(task_ids) == 1 else "The task of this job"
        return f"{task} was marked in Airflow"


def jobs_of(marked: MarkedRun) -> list[FollowedJobs]:
    """Find the jobs of what was marked, by connection."""
    tasks = list(_following(_dag_of(marked).tasks))
    if marked.tasks:
        chosen = {task_id for task_id, _ in marked.tasks}
        tasks = [task for task in tasks if task.task_id in chosen]
    return [
        FollowedJobs(
            connection,
            tuple(dict.fromkeys(queue for task in of_connection for queue in _queues_of(task))),
            marked.dag_id,
            marked.run_id,
            marked.until,
            _prefixes(marked, of_connection),
        )
        for connection, of_connection in _by_connection(tasks)
    ]


def _by_connection(tasks: Iterable[Any]) -> Iterable[tuple[AwsConnection, list[Any]]]:
    grouped: dict[str, tuple[AwsConnection, list[Any]]] = {}
    for task in tasks:
        connection = _connection_of(task)
        grouped.setdefault(connection.key, (connection, []))[1].append(task)
    return grouped.values()


def _prefixes(marked: MarkedRun, tasks: Iterable[Any]) -> dict[tuple[str, int], str]:
    job_keys = {task.task_id: str(_argument(task, "job_key") or task.task_id) for task in tasks}
    return {
        (task_id, map_index): JobIdentity(
            marked.dag_id, marked.run_id, job_keys[task_id], map_index=map_index
        ).job_prefix
        for task_id, map_index in marked.tasks
        if task_id in job_keys
    }


def _dag_of(marked: MarkedRun) -> Any:
    from airflow.models.dagbag import DBDagBag
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        of_run = select(DagRun).where(DagRun.dag_id == marked.dag_id, DagRun.run_id == marked.run_id)
        return DBDagBag().get_dag_for_run(session.scalars(of_run).one(), session=session)


def _run_has_ended(dag_id: str, run_id: str) -> bool:
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    state_of = select(DagRun.state).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id)
    with create_session() as session:
        return str(session.scalar(state_of)) in _ENDED


def _ended_tasks(dag_id: str, run_id: str) -> set[tuple[str, int]]:
    """List tasks by id and map index."""
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import select

    instances = select(TaskInstance.task_id, TaskInstance.map_index, TaskInstance.state).where(
        TaskInstance.dag_id == dag_id, TaskInstance.run_id == run_id
    )
    with create_session() as session:
        return {
            (task_id, map_index)
            for task_id, map_index, state in session.execute(instances)
            if str(state) in _ENDED
        }


def _following(tasks: Iterable[Any]) -> Iterator[Any]:
    """Choose the tasks of ``BatchJobOperator`` and what is derived from it that submit to a known queue."""
    for task in tasks:
        if {"adopt", "job_queue"} <= set(task.template_fields) and _argument(task, "job_queue"):
            yield task


def _queues_of(task: Any) -> tuple[str, ...]:
    return queues_of(_argument(task, "job_queue"), _argument(task, "backfill"))


def _connection_of(task: Any) -> AwsConnection:
    return AwsConnection(
        _argument(task, "aws_conn_id", of_mapped=DEFAULT_CONN_ID),
        _argument(task, "region_name"),
        _argument(task, "verify"),
        _argument(task, "botocore_config"),
    )


def _argument(task: Any, name: str, *, of_mapped: Any = None) -> Any:
    """
    Read an argument of a task, mapped or not.

    Airflow leaves out what is None; of a mapped task it also leaves out what nobody has given.
    """
    partial_kwargs = getattr(task, "partial_kwargs", None)
    if isinstance(partial_kwargs, dict):
        return partial_kwargs.get(name, of_mapped)
    return getattr(task, name, None)
