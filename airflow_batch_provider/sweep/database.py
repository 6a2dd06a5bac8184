"""Reads and writes Airflow's database, in the scheduler and in the API server."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

VERSIONS_MAX: Final = 10
"""How many versions of a DAG to read at most, for DAGs that change with every parse."""


def tasks_of_run(dag_id: str, run_id: str, version_id: Any = None) -> list[Any]:
    """
    Return the tasks of a run's DAG, in all versions that the run may have used, oldest first.

    A run in a bundle with versions uses one version. Any other run uses the latest one, but a job was
    submitted as the version of that time said.

    :param version_id: a version that the run has used, in case the run's row has been deleted.
    """
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    run_of = select(DagRun.created_dag_version_id, DagRun.bundle_version).where(
        DagRun.dag_id == dag_id, DagRun.run_id == run_id
    )
    with create_session() as session:
        run = session.execute(run_of).one_or_none()
        first, is_pinned = (run[0], bool(run[1])) if run is not None else (version_id, False)
        stored = stored_versions(session, dag_id, [first], is_pinned=is_pinned)
        return tasks_of_versions(stored)


def tasks_of_dag(dag_id: str, first_ids: Collection[Any]) -> list[Any]:
    """Return the tasks of a DAG in all versions since the first of the given ones, oldest first."""
    from airflow.utils.session import create_session

    with create_session() as session:
        return tasks_of_versions(stored_versions(session, dag_id, first_ids))


def stored_versions(
    session: Any, dag_id: str, first_ids: Collection[Any], *, is_pinned: bool = False
) -> list[Any]:
    """
    Return the rows of a DAG's serialized versions, oldest first.

    :param first_ids: the versions with which runs were created; only the latest is read if none is known.
    :param is_pinned: whether to read no later version.
    """
    from airflow.models.dag_version import DagVersion
    from airflow.models.serialized_dag import SerializedDagModel
    from sqlalchemy import func, select

    number = session.scalar(
        select(func.min(DagVersion.version_number)).where(
            DagVersion.dag_id == dag_id, DagVersion.id.in_([each for each in first_ids if each is not None])
        )
    )
    newest = (
        select(SerializedDagModel)
        .join(DagVersion, SerializedDagModel.dag_version_id == DagVersion.id)
        .where(SerializedDagModel.dag_id == dag_id)
        .order_by(DagVersion.version_number.desc())
        .limit(1 if number is None else VERSIONS_MAX)
    )
    if number is not None:
        used = DagVersion.version_number
        newest = newest.where(used == number if is_pinned else used >= number)
    return list(reversed(session.scalars(newest).all()))


def tasks_of_versions(stored: Iterable[Any]) -> list[Any]:
    """Return the tasks of serialized versions; this takes a second for a DAG of thousands of tasks."""
    return [task for version in stored for task in version.dag.tasks]


def run_state(dag_id: str, run_id: str) -> str | None:
    """Return the state of a run, or None if it does not exist."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    state_of = select(DagRun.state).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id)
    with create_session() as session:
        state: str | None = session.scalar(state_of)
        return state


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
    """Set XComs of a task that is not mapped, unless it was deleted; the values are JSON values."""
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import delete, select

    task = {"dag_id": dag_id, "run_id": run_id, "task_id": task_id, "map_index": -1}
    of_task = select(TaskInstance).filter_by(**task)
    run_of_task = select(DagRun.id).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id, of_task.exists())
    with create_session() as session:
        row_id = session.scalar(run_of_task)
        if row_id is None:
            return
        session.execute(delete(XComModel).filter_by(**task).where(XComModel.key.in_(xcoms)))
        # As Airflow's API stores what a worker has serialized. `XComModel.set` would serialize it again.
        session.add_all(
            XComModel(dag_run_id=row_id, key=key, value=value, **task) for key, value in xcoms.items()
        )
