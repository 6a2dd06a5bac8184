"""
Terminate the jobs of runs, tasks and DAGs that are deleted, and of tasks that Airflow removes from a run.

Airflow notifies no listener of this. Its code changes the rows in a SQLAlchemy session, in the API server or
in the scheduler: it deletes runs and tasks as objects, and all runs of a DAG with one statement. The events
of the session tell what is about to happen. What is needed to find the jobs is read while the rows
exist, and the jobs are terminated after the transaction is committed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial, wraps
from typing import Any, Final

from airflow.sdk import DagRunState, TaskInstanceState

from airflow_batch_provider.following import terminations
from airflow_batch_provider.sweep.database import stored_versions, tasks_of_dag, tasks_of_versions
from airflow_batch_provider.sweep.jobs import UnfollowedJobs, sources_of
from airflow_batch_provider.sweep.sweeping import report, still_unfollowed, sweep_twice

RECENT: Final = timedelta(hours=1)
"""When a DAG is deleted, runs that ended earlier are not swept; their jobs were terminated at their end."""

_KEY: Final = "airflow_batch_provider.gone"
"""Where a session keeps what its transaction deletes."""

_UNFINISHED_RUN: Final = (DagRunState.QUEUED, DagRunState.RUNNING)


@dataclass(frozen=True, slots=True)
class Gone:
    """
    A run, or a task of a run, that is deleted or removed.

    :param task: task ID and map index; None for the run.
    :param version_id: the version of the DAG with which the run was created.
    :param stored: the DAG's serialized versions, if they are deleted too.
    """

    dag_id: str
    run_id: str
    task: tuple[str, int] | None = None
    version_id: Any = None
    is_removed: bool = False
    stored: Sequence[Any] = ()


def install() -> None:
    """Listen to all sessions of this process."""
    from sqlalchemy import event
    from sqlalchemy.orm import Session

    for name, listener in LISTENERS.items():
        if not event.contains(Session, name, listener):
            event.listen(Session, name, listener)


def _never_fails(listener: Callable[..., None]) -> Callable[..., None]:
    """Let no error reach the code that deletes."""

    @wraps(listener)
    def call(*args: Any) -> None:
        try:
            listener(*args)
        except Exception as error:
            report(
                "Could not determine the AWS Batch jobs of the runs or tasks that Airflow deletes or removes",
                error,
            )

    return call


@_never_fails
def _before_flush(session: Any, context: Any, instances: Any) -> None:  # noqa: ARG001
    """Record the rows that are deleted as objects, and the tasks that are removed."""
    found = [*map(_deleted, session.deleted), *map(_removed, session.dirty)]
    _record(session, [gone for gone in found if gone is not None])


def _deleted(row: Any) -> Gone | None:
    table = getattr(row, "__tablename__", None)
    if table == "dag_run":
        return Gone(row.dag_id, row.run_id, version_id=row.created_dag_version_id)
    return _task(row) if table == "task_instance" else None


def _removed(row: Any) -> Gone | None:
    from sqlalchemy import inspect

    # Through `dict`: reading an attribute that is not loaded would query the database.
    if getattr(row, "__tablename__", None) != "task_instance" or not _is_removed(inspect(row).dict):
        return None
    return _task(row, is_removed=True) if inspect(row).attrs.state.history.has_changes() else None


def _is_removed(loaded: Mapping[str, Any]) -> bool:
    return loaded.get("state") == TaskInstanceState.REMOVED


def _task(row: Any, *, is_removed: bool = False) -> Gone:
    # Not the version of the task: Airflow sets it to one that no longer has the task.
    version_id = row.dag_run.created_dag_version_id
    return Gone(row.dag_id, row.run_id, (row.task_id, row.map_index), version_id, is_removed)


@_never_fails
def _before_statement(statement: Any) -> None:
    """Record the runs of a DAG that one statement deletes, and the map indexes that one removes."""
    if not (statement.is_delete or statement.is_update):
        return
    table = getattr(statement.statement, "table", None)
    name = getattr(table, "name", None)
    if statement.is_delete and name == "dag_run":
        _record(statement.session, _deleted_runs(statement.session, statement.statement))
    elif statement.is_update and name == "task_instance" and _sets_removed(statement.statement):
        _record(statement.session, _removed_tasks(statement.session, statement.statement))


def _deleted_runs(session: Any, statement: Any) -> list[Gone]:
    from sqlalchemy import or_, select

    run = statement.table.c
    may_have_jobs = or_(run.state.in_(_UNFINISHED_RUN), run.end_date > datetime.now(UTC) - RECENT)
    wanted = select(run.dag_id, run.run_id, run.created_dag_version_id).where(may_have_jobs)
    # In a savepoint: after a failed statement, PostgreSQL accepts no other one in the transaction.
    with session.begin_nested():
        rows = session.execute(_where_of(wanted, statement)).all()
        stored = {dag_id: _take_versions(session, dag_id, rows) for dag_id in {row[0] for row in rows}}
    return [Gone(dag_id, run_id, stored=stored[dag_id]) for dag_id, run_id, _ in rows]


def _take_versions(session: Any, dag_id: str, runs: Iterable[Any]) -> list[Any]:
    """Return a DAG's serialized versions, in a form that outlives their rows."""
    stored = stored_versions(session, dag_id, [version for of_dag, _, version in runs if of_dag == dag_id])
    for version in stored:
        session.expunge(version)
    return stored


def _sets_removed(statement: Any) -> bool:
    values = getattr(statement, "_values", None) or {}
    new = {getattr(column, "key", column): value for column, value in values.items()}
    return getattr(new.get("state"), "value", None) == TaskInstanceState.REMOVED


def _removed_tasks(session: Any, statement: Any) -> list[Gone]:
    from airflow.models.dagrun import DagRun
    from sqlalchemy import select

    row = statement.table.c
    run = select(DagRun.created_dag_version_id).where(
        DagRun.dag_id == row.dag_id, DagRun.run_id == row.run_id
    )
    wanted = select(row.dag_id, row.run_id, row.task_id, row.map_index, run.scalar_subquery())
    # Without a savepoint: while the scheduler holds its locks, it does not even let one be released.
    return [
        Gone(dag_id, run_id, (task_id, map_index), version_id, is_removed=True)
        for dag_id, run_id, task_id, map_index, version_id in session.execute(_where_of(wanted, statement))
    ]


def _where_of(wanted: Any, statement: Any) -> Any:
    """Select the rows that the statement changes."""
    return wanted if statement.whereclause is None else wanted.where(statement.whereclause)


def _record(session: Any, found: Sequence[Gone]) -> None:
    from airflow_batch_provider.hooks.settings import terminates_marked_jobs

    if found and terminates_marked_jobs():
        session.info.setdefault(_KEY, []).extend(found)


def _after_rollback(session: Any) -> None:
    session.info.pop(_KEY, None)


@_never_fails
def _after_commit(session: Any) -> None:
    """Terminate the jobs. If only a savepoint was rolled back, the rows exist, and the sweep sees that."""
    if session.in_nested_transaction():
        return
    by_dag: dict[str, list[Gone]] = {}
    for gone in session.info.pop(_KEY, ()):
        by_dag.setdefault(gone.dag_id, []).append(gone)
    for dag_id, of_dag in by_dag.items():
        cause = f"DAG '{dag_id}', or runs or tasks of it, were deleted or removed in Airflow"
        sweep_twice(partial(_unfollowed_jobs, of_dag), cause)


def _unfollowed_jobs(of_dag: Sequence[Gone]) -> Iterator[UnfollowedJobs]:
    """Return the jobs by run and connection; called in a worker thread."""
    stored = next((gone.stored for gone in of_dag if gone.stored), ())
    first_ids = {gone.version_id for gone in of_dag}
    tasks = tasks_of_versions(stored) if stored else tasks_of_dag(of_dag[0].dag_id, first_ids)
    if not sources_of(tasks):
        return
    by_run: dict[tuple[str, bool], list[Gone]] = {}
    for gone in of_dag:
        by_run.setdefault((gone.run_id, gone.is_removed), []).append(gone)
    for of_run in by_run.values():
        for jobs in _jobs_of_run(of_run, tasks):
            unfollowed = still_unfollowed(jobs)
            if unfollowed is not None:
                yield unfollowed


def _jobs_of_run(of_run: Sequence[Gone], tasks: Sequence[Any]) -> Iterator[UnfollowedJobs]:
    run = of_run[0]
    instances = frozenset(gone.task for gone in of_run if gone.task is not None)
    if any(gone.task is None for gone in of_run):
        instances = frozenset()
    else:
        task_ids = {task_id for task_id, _ in instances}
        tasks = [task for task in tasks if task.task_id in task_ids]
    for source in sources_of(tasks):
        of_source = frozenset(task for task in instances if task[0] in source.job_keys)
        reason = _reason(of_source, is_removed=run.is_removed)
        yield UnfollowedJobs(source, run.dag_id, run.run_id, 0, reason, of_source)


def _reason(tasks: frozenset[tuple[str, int]], *, is_removed: bool) -> str:
    task_ids = {task_id for task_id, _ in tasks}
    if not task_ids:
        return terminations.deleted("the DAG run of this job")
    what = f"task '{min(task_ids)}'" if len(task_ids) == 1 else "the task of this job"
    return terminations.removed(what) if is_removed else terminations.deleted(what)


LISTENERS: Final[Mapping[str, Callable[..., None]]] = {
    "before_flush": _before_flush,
    "do_orm_execute": _before_statement,
    "after_commit": _after_commit,
    "after_rollback": _after_rollback,
}
"""The events of SQLAlchemy's sessions, and what is called on each."""
