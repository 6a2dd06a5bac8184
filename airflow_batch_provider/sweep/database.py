"""Reads and writes Airflow's database, in the scheduler and in the API server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def dag_of_run(dag_id: str, run_id: str) -> Any:
    """Return the DAG of a run, in the version that the run uses."""
    from airflow.models.dagbag import DBDagBag
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        of_run = select(DagRun).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id)
        return DBDagBag().get_dag_for_run(session.scalars(of_run).one(), session=session)


def task_states(dag_id: str, run_id: str) -> dict[tuple[str, int], str | None]:
    """Return the states of all tasks of a run by task ID and map index."""
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import select

    instances = select(TaskInstance.task_id, TaskInstance.map_index, TaskInstance.state).where(
        TaskInstance.dag_id == dag_id, TaskInstance.run_id == run_id
    )
    with create_session() as session:
        return {(task_id, map_index): state for task_id, map_index, state in session.execute(instances)}


def publish_xcoms(dag_id: str, run_id: str, task_id: str, xcoms: Mapping[str, Any]) -> None:
    """Set XComs of a task that is not mapped; the values are JSON values."""
    from airflow.models.dagrun import DagRun
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import delete, select

    task = {"dag_id": dag_id, "run_id": run_id, "task_id": task_id, "map_index": -1}
    with create_session() as session:
        row_id = session.scalar(select(DagRun.id).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id))
        session.execute(delete(XComModel).filter_by(**task).where(XComModel.key.in_(xcoms)))
        # As Airflow's API stores what a worker has serialized. `XComModel.set` would serialize it again.
        session.add_all(
            XComModel(dag_run_id=row_id, key=key, value=value, **task) for key, value in xcoms.items()
        )
