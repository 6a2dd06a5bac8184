"""Which jobs are terminated when rows of Airflow's database are deleted, or their tasks removed."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import airflow.settings
import pytest
from airflow.api.common.delete_dag import delete_dag
from airflow.models import DagModel, DagRun, TaskInstance, import_all_models
from airflow.models.base import Base
from airflow.models.dag_version import DagVersion
from airflow.models.dagbundle import DagBundleModel
from airflow.models.serialized_dag import SerializedDagModel
from airflow.sdk import DAG
from airflow.serialization.serialized_objects import LazyDeserializedDAG
from airflow.utils.sqlalchemy import prohibit_commit
from sqlalchemy import create_engine, event, update
from sqlalchemy.orm import Session, scoped_session, sessionmaker
from sqlalchemy.pool import StaticPool

from airflow_batch_provider.operators.batch import BatchJobOperator
from airflow_batch_provider.sweep import deletions, marks, sweeping
from airflow_batch_provider.sweep.gathering import MarkGatherer
from airflow_batch_provider.sweep.jobs import UnfollowedJobs
from tests.airflow_versions import DagSerialization

pytestmark = pytest.mark.filterwarnings("ignore:Multiple rows returned")  # of Airflow's models

NOW = datetime.now(UTC)


class Database:
    """Airflow's database, in memory, with DAGs in several versions."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.versions: dict[str, list[DagVersion]] = {}
        self.tasks: dict[str, object] = {}
        session.add(DagBundleModel(name="dags"))
        session.commit()

    def add_version(self, dag_id: str, *task_ids: str, job_queue: str = "etl") -> None:
        with DAG(dag_id, schedule=None) as dag:
            for task_id in task_ids:
                BatchJobOperator(task_id=task_id, job_queue=job_queue, job_definition="step")
        others = self.versions.setdefault(dag_id, [])
        if not others:
            self.session.add(DagModel(dag_id=dag_id, bundle_name="dags", fileloc="f", relative_fileloc="f"))
        version = DagVersion(dag_id=dag_id, bundle_name="dags", version_number=len(others) + 1)
        data = DagSerialization.to_dict(dag)
        stored = SerializedDagModel(LazyDeserializedDAG(data=data))
        stored.dag_version = version
        self.session.add_all([version, stored])
        self.session.commit()
        others.append(version)
        self.tasks |= {task.task_id: task for task in DagSerialization.from_dict(data).tasks}

    def add_run(
        self, dag_id: str, run_id: str, *task_ids: str, state: str = "queued", hours_ago: float = 0
    ) -> None:
        version = self.versions[dag_id][-1]
        run = DagRun(dag_id=dag_id, run_id=run_id, run_type="manual", run_after=NOW, state=state)
        run.created_dag_version_id = version.id
        run.end_date = NOW - timedelta(hours=hours_ago) if state not in ("queued", "running") else None
        self.session.add(run)
        self.session.flush()
        for task_id in task_ids:
            task = TaskInstance(self.tasks[task_id], run_id=run_id, dag_version_id=version.id, state=None)
            self.session.add(task)
        self.session.commit()

    def run(self, run_id: str) -> DagRun:
        return self.session.query(DagRun).filter_by(run_id=run_id).one()

    def task(self, run_id: str, task_id: str) -> TaskInstance:
        return self.session.query(TaskInstance).filter_by(run_id=run_id, task_id=task_id).one()

    def delete(self, row: object) -> None:
        self.session.delete(row)
        self.session.commit()


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    import_all_models()
    Base.metadata.create_all(engine)
    make = sessionmaker(bind=engine, expire_on_commit=False)
    monkeypatch.setattr(airflow.settings, "Session", scoped_session(make), raising=False)
    with make() as session:
        database = Database(session)
        database.add_version("post_trade", "clean", "store")
        database.add_run("post_trade", "one", "clean", "store")
        database.add_run("post_trade", "two", "clean", "store")
        yield database
    engine.dispose()


@pytest.fixture(autouse=True)
def swept(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[UnfollowedJobs]]:
    """Return what is swept; the second sweep does not take place."""
    calls: list[UnfollowedJobs] = []
    monkeypatch.setattr(UnfollowedJobs, "terminate", lambda jobs: calls.append(jobs))
    monkeypatch.setattr(sweeping, "_workers", SimpleNamespace(submit=lambda call, *of: call(*of)))
    monkeypatch.setattr(sweeping, "start_timer", lambda seconds, call: None)
    deletions.install()
    yield calls
    for name, listener in deletions.LISTENERS.items():
        event.remove(Session, name, listener)


def runs_of(swept: list[UnfollowedJobs]) -> list[tuple[str, set[tuple[str, int]]]]:
    return [(jobs.run_id, set(jobs.tasks)) for jobs in swept]


def test_jobs_of_a_deleted_run_are_terminated(database, swept):
    database.delete(database.run("one"))

    (jobs,) = swept
    assert (jobs.dag_id, jobs.run_id, jobs.tasks) == ("post_trade", "one", frozenset())
    assert jobs.source.job_queues == ("etl",)
    assert jobs.reason == "Deleted in Airflow: the DAG run of this job"


def test_a_job_is_searched_in_the_queues_of_all_versions_since_its_run_was_created(database, swept):
    database.add_version("post_trade", "clean", job_queue="low")
    database.add_run("post_trade", "three", "clean")
    database.add_version("post_trade", "clean", job_queue="high")

    database.delete(database.run("three"))

    assert [jobs.source.job_queues for jobs in swept] == [("low", "high")]


def test_a_run_that_is_deleted_right_after_a_mark_is_swept_without_its_row(database, swept, monkeypatch):
    waiting = []
    gatherer = MarkGatherer(marks._sweep_marked, lambda seconds, call: waiting.append(call))
    monkeypatch.setattr(marks, "_marks", gatherer)
    run = database.run("one")
    database.add_version("post_trade", "clean", job_queue="low")

    marks.on_dag_run_failed(run, "Dag Run's state was manually set to `failed`.")
    database.delete(run)
    (pass_on,) = waiting
    pass_on()

    deleted, marked = swept
    assert deleted.source == marked.source
    assert marked.source.job_queues == ("etl", "low")
    assert marked.reason == "A user marked the DAG run of this job as success or failed in Airflow"


def test_jobs_of_a_deleted_task_are_terminated(database, swept):
    database.delete(database.task("one", "store"))

    (jobs,) = swept
    assert (jobs.run_id, jobs.tasks) == ("one", {("store", -1)})
    assert jobs.reason == "Deleted in Airflow: task 'store'"


def test_jobs_of_all_unfinished_and_recent_runs_of_a_deleted_dag_are_terminated(database, swept):
    database.add_version("other", "clean", "store")
    database.add_run("other", "kept", "clean")
    database.add_run("post_trade", "recent", state="failed", hours_ago=0.1)
    database.add_run("post_trade", "old", state="failed", hours_ago=2)

    delete_dag("post_trade", session=database.session)
    database.session.commit()

    assert sorted(runs_of(swept)) == [("one", set()), ("recent", set()), ("two", set())]
    assert {jobs.source.job_queues for jobs in swept} == {("etl",)}


def test_jobs_of_a_task_that_is_removed_are_terminated(database, swept):
    database.add_version("post_trade", "clean")
    task = database.task("one", "store")
    task.dag_version_id = database.versions["post_trade"][-1].id

    task.state = "removed"
    database.session.commit()

    (jobs,) = swept
    assert (jobs.run_id, jobs.tasks) == ("one", {("store", -1)})
    assert jobs.reason == "Removed from its run in Airflow: task 'store'"


def test_jobs_of_tasks_that_one_statement_of_the_scheduler_removes_are_terminated(database, swept):
    of_task = (TaskInstance.run_id == "one", TaskInstance.task_id == "store")

    with prohibit_commit(database.session) as guard:  # as in the scheduler
        database.session.execute(update(TaskInstance).where(*of_task).values(state="skipped"))
        database.session.execute(update(TaskInstance).where(*of_task).values(state="removed"))
        guard.commit()

    assert runs_of(swept) == [("one", {("store", -1)})]


def test_other_changes_terminate_nothing(database, swept):
    database.task("one", "store").state = "failed"
    database.run("two").state = "failed"
    database.session.commit()

    assert swept == []


def test_a_delete_that_is_rolled_back_terminates_nothing(database, swept):
    database.session.delete(database.run("one"))
    database.session.flush()
    database.session.rollback()
    database.session.commit()

    assert swept == []


def test_a_delete_whose_savepoint_is_rolled_back_terminates_nothing(database, swept):
    savepoint = database.session.begin_nested()
    database.session.delete(database.run("one"))
    database.session.flush()
    savepoint.rollback()
    database.session.commit()

    assert swept == []


def test_a_run_that_was_created_again_keeps_its_jobs(database, swept, monkeypatch):
    waiting = []
    monkeypatch.setattr(sweeping, "_workers", SimpleNamespace(submit=lambda *call: waiting.append(call)))
    database.delete(database.run("one"))
    database.add_run("post_trade", "one", "clean")

    for call, *arguments in waiting:
        call(*arguments)

    assert swept == []


def test_the_configuration_can_switch_it_off(database, swept, monkeypatch):
    monkeypatch.setenv("AIRFLOW__BATCH_PROVIDER__TERMINATE_MARKED", "False")

    database.delete(database.run("one"))

    assert swept == []


def test_an_error_does_not_fail_the_delete(database, swept, monkeypatch, caplog):
    def broken(*arguments, **keywords):
        raise ValueError("no such version")

    monkeypatch.setattr(deletions, "stored_versions", broken)

    with caplog.at_level(logging.ERROR, sweeping.__name__):
        delete_dag("post_trade", session=database.session)
        database.session.commit()

    assert swept == []
    assert database.session.query(DagRun).count() == 0
    assert caplog.messages == [
        "Could not determine the AWS Batch jobs of the runs or tasks that Airflow deletes or removes. "
        "'airflow-batch sweep' finds the jobs that are left (ValueError: no such version)"
    ]
    assert caplog.records[0].exc_info is None
