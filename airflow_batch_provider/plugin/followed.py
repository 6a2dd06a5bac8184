"""Which jobs the tasks of a DAG follow, read from the DAG as Airflow's database keeps it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from airflow_batch_provider.batch.naming import JobIdentity
from airflow_batch_provider.hooks.connection import DEFAULT_CONN_ID, AwsConnection
from airflow_batch_provider.hooks.sweeping import queues_of, sweep

_ENDED: Final = frozenset({"failed", "success", "skipped"})


@dataclass(frozen=True, slots=True)
class FollowedJobs:
    """
    Jobs of one run that tasks follow over one connection, or those of one of its tasks.

    :param name_prefix: what their names begin with.
    """

    connection: AwsConnection
    job_queues: tuple[str, ...]
    name_prefix: str
    reason: str
    dag_id: str
    run_id: str
    task_id: str | None = None
    map_index: int = -1

    def terminate(self, until: float) -> None:
        """Terminate those that are live and were created until then."""
        sweep(self.connection, self.job_queues, self.name_prefix, until=until, reason=self.reason)

    def are_still_unwanted(self) -> bool:
        """Whether the run, or the task, has still ended: nobody has cleared it meanwhile."""
        from airflow.models.dagrun import DagRun
        from airflow.models.taskinstance import TaskInstance
        from airflow.utils.session import create_session
        from sqlalchemy import select

        model: Any = DagRun if self.task_id is None else TaskInstance
        state_of = select(model.state).where(model.dag_id == self.dag_id, model.run_id == self.run_id)
        if self.task_id is not None:
            state_of = state_of.where(model.task_id == self.task_id, model.map_index == self.map_index)
        with create_session() as session:
            state = session.scalar(state_of)
        return str(state) in _ENDED


def jobs_of_run(dag_run: Any) -> Iterator[FollowedJobs]:
    """Find the jobs of a run, by connection."""
    queues: dict[str, tuple[AwsConnection, dict[str, None]]] = {}
    for task in _following(_dag_of(dag_run).tasks):
        connection = _connection_of(task)
        queues.setdefault(connection.key, (connection, {}))[1].update(dict.fromkeys(_queues_of(task)))
    prefix = JobIdentity(dag_run.dag_id, dag_run.run_id, "").run_prefix
    for connection, of_connection in queues.values():
        yield FollowedJobs(
            connection,
            tuple(of_connection),
            prefix,
            "The run of this job's workflow was marked in Airflow",
            dag_run.dag_id,
            dag_run.run_id,
        )


def jobs_of_task(task_instance: Any) -> Iterator[FollowedJobs]:
    """Find the jobs of a task, if it follows any."""
    dag_run = task_instance.dag_run
    task = _dag_of(dag_run).get_task(task_instance.task_id)
    for following in _following([task]):
        identity = JobIdentity(
            dag_run.dag_id,
            dag_run.run_id,
            str(_argument(following, "job_key") or task_instance.task_id),
            map_index=task_instance.map_index,
        )
        yield FollowedJobs(
            _connection_of(following),
            _queues_of(following),
            identity.job_prefix,
            f"Task '{task_instance.task_id}' was marked in Airflow",
            dag_run.dag_id,
            dag_run.run_id,
            task_instance.task_id,
            task_instance.map_index,
        )


def _dag_of(dag_run: Any) -> Any:
    from airflow.models.dagbag import DBDagBag
    from sqlalchemy.orm import object_session

    session = object_session(dag_run)
    return DBDagBag().get_dag_for_run(dag_run, session=session) if session is not None else None


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
