"""What the provider's plugin does when a task or a run is marked by hand."""

import logging
from types import SimpleNamespace
from uuid import uuid4

import pytest
import sqlalchemy.orm
from airflow.sdk import DAG
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

from airflow_batch_provider.following.identity import JobIdentity
from airflow_batch_provider.hooks.connection import AwsConnection
from airflow_batch_provider.operators.batch import BatchJobOperator, BatchSubmitJobOperator
from airflow_batch_provider.sweep import marks, sweeping
from airflow_batch_provider.sweep.gathering import MarkGatherer
from airflow_batch_provider.sweep.jobs import UnfollowedJobs
from tests.airflow_versions import DagSerialization

RUN = "scheduled__2006-01-01"
BY_HAND = "Dag Run's state was manually set to `failed`."
JOB = {"job_queue": "etl", "job_definition": "step"}


def follow(task_id: str, **arguments) -> None:
    BatchJobOperator(task_id=task_id, **{**JOB, **arguments})


@pytest.fixture
def dag(monkeypatch: pytest.MonkeyPatch) -> DAG:
    """A DAG whose tasks a test adds; the plugin sees it as Airflow's database keeps it."""
    dag = DAG("post_trade", schedule=None)

    def stored(dag_id, run_id, version_id):
        return DagSerialization.from_dict(DagSerialization.to_dict(dag)).tasks

    monkeypatch.setattr(marks, "tasks_of_run", stored)
    return dag


@pytest.fixture
def swept(monkeypatch: pytest.MonkeyPatch) -> list[UnfollowedJobs]:
    """What was swept."""
    calls: list[UnfollowedJobs] = []
    monkeypatch.setattr(UnfollowedJobs, "terminate", lambda jobs: calls.append(jobs))
    monkeypatch.setattr(sweeping, "still_unfollowed", lambda jobs: None)
    return calls


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What happens later and elsewhere happens here and now."""
    monkeypatch.setattr(sweeping, "_workers", SimpleNamespace(submit=lambda call, *of: call(*of)))
    monkeypatch.setattr(sweeping, "start_timer", call_now)
    monkeypatch.setattr(marks, "_marks", MarkGatherer(marks._sweep_marked, call_now))


def call_now(seconds, call):
    call()


class Timer:
    """Makes no call until the test releases it."""

    def __init__(self):
        self.calls = []

    def __call__(self, seconds, call):
        self.calls.append(call)

    def run_out(self):
        calls, self.calls = self.calls, []
        for call in calls:
            call()


@pytest.fixture
def timer(monkeypatch: pytest.MonkeyPatch) -> Timer:
    """Marks are gathered until the test lets the time run out."""
    timer = Timer()
    monkeypatch.setattr(marks, "_marks", MarkGatherer(marks._sweep_marked, timer))
    return timer


def run():
    return SimpleNamespace(dag_id="post_trade", run_id=RUN, created_dag_version_id=None)


def row(task_id: str, map_index: int = -1, state: str = "failed"):
    return SimpleNamespace(
        task_id=task_id,
        map_index=map_index,
        dag_id="post_trade",
        run_id=RUN,
        state=state,
        dag_version_id=None,
    )


@pytest.fixture
def in_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlalchemy.orm, "object_session", lambda instance: object())
    monkeypatch.setattr(marks, "task_states", lambda dag_id, run_id: {})


@pytest.mark.parametrize("mark", [marks.on_dag_run_failed, marks.on_dag_run_success])
@pytest.mark.parametrize("msg", [BY_HAND, ""], ids=["Airflow 3.3", "Airflow 3.1 and 3.2"])
def test_a_marked_run_is_swept_by_connection(dag, swept, mark, msg):
    with dag:
        follow("clean")
        follow("model", job_queue="gpu")
        follow("store", aws_conn_id=None, region_name="eu-north-1", botocore_config={"read_timeout": 3})

    mark(run(), msg)

    reason = "A user marked the DAG run of this job as success or failed in Airflow"
    assert [(each.source.connection, each.source.job_queues, each.tasks, each.reason) for each in swept] == [
        (AwsConnection(), ("etl", "gpu"), frozenset(), reason),
        (AwsConnection(None, "eu-north-1", None, {"read_timeout": 3}), ("etl",), frozenset(), reason),
    ]


def test_the_queue_of_backfills_is_swept_too(dag, swept):
    with dag:
        follow("clean", backfill={"job_queue": "low", "max_active_runs": 2})

    marks.on_dag_run_failed(run(), BY_HAND)

    assert [each.source.job_queues for each in swept] == [("etl", "low")]


def test_a_run_that_the_scheduler_has_ended_is_left_to_the_dags_own_callback(dag, swept):
    with dag:
        follow("clean")

    marks.on_dag_run_failed(run(), "task_failure")

    assert swept == []


def test_a_dag_that_follows_no_job_is_left_alone(dag, swept):
    with dag:
        BatchSubmitJobOperator(task_id="fire_and_forget", **JOB)

    marks.on_dag_run_failed(run(), BY_HAND)

    assert swept == []


def test_a_run_that_has_still_ended_is_looked_at_again(dag, swept, monkeypatch):
    monkeypatch.setattr(sweeping, "still_unfollowed", lambda jobs: jobs)
    with dag:
        follow("clean")

    marks.on_dag_run_failed(run(), BY_HAND)

    assert len(swept) == 2


@pytest.mark.usefixtures("in_the_database")
def test_a_run_that_is_marked_with_all_its_waiting_tasks_is_swept_once(dag, swept, timer):
    with dag:
        for number in range(100):
            follow(f"j{number}")
    for number in range(100):
        marks.on_task_instance_failed(None, row(f"j{number}"), "manually")
    marks.on_dag_run_failed(run(), BY_HAND)

    timer.run_out()

    assert [each.tasks for each in swept] == [frozenset()]


@pytest.mark.usefixtures("in_the_database")
def test_tasks_that_are_marked_together_are_swept_together_and_looked_at_again_unless_cleared(
    dag, monkeypatch, timer
):
    calls: list[UnfollowedJobs] = []
    monkeypatch.setattr(UnfollowedJobs, "terminate", lambda jobs: calls.append(jobs))
    states = {("clean", -1): "failed", ("model", -1): None, ("store", -1): "failed"}
    monkeypatch.setattr(sweeping, "task_states", lambda dag_id, run_id: states)
    with dag:
        for task_id in ("clean", "model", "store", "other"):
            follow(task_id)
    for task_id in ("clean", "model", "store"):
        marks.on_task_instance_failed(None, row(task_id), "manually")

    timer.run_out()

    assert [jobs.tasks for jobs in calls] == [
        {("clean", -1), ("model", -1), ("store", -1)},
        {("clean", -1), ("store", -1)},
    ]


@pytest.mark.usefixtures("in_the_database")
def test_a_task_whose_lost_worker_is_followed_by_another_try_keeps_its_job(dag, swept):
    with dag:
        follow("clean")

    marks.on_task_instance_failed("running", row("clean", state="up_for_retry"), "heartbeat lost")

    assert swept == []


@pytest.mark.usefixtures("in_the_database")
def test_a_marked_task_has_its_own_jobs_swept(dag, swept):
    with dag:
        follow("clean", job_key="group.clean")
        follow("model")

    marks.on_task_instance_failed(None, row("clean"), "manually")

    (jobs,) = swept
    assert jobs._name_prefixes() == (JobIdentity("post_trade", RUN, "group.clean").job_prefix,)
    assert jobs.source.job_queues == ("etl",)
    assert jobs.reason == "A user marked task 'clean' as success, failed or skipped in Airflow"


@pytest.mark.usefixtures("in_the_database")
@pytest.mark.parametrize("mark", [marks.on_task_instance_success, marks.on_task_instance_skipped])
def test_an_index_of_a_mapped_task_has_the_jobs_of_that_index_swept(dag, swept, mark):
    with dag:
        BatchJobOperator.partial(task_id="clean", **JOB).expand(parameters=[{"x": "1"}, {"x": "2"}])

    mark(None, row("clean", map_index=1))

    (jobs,) = swept
    assert jobs.source.connection == AwsConnection()
    assert jobs._name_prefixes() == (JobIdentity("post_trade", RUN, "clean", map_index=1).job_prefix,)


@pytest.mark.usefixtures("in_the_database")
def test_marking_a_task_skipped_sweeps_the_jobs_of_tasks_that_are_skipped_with_it(dag, swept, monkeypatch):
    states = dict.fromkeys([("submit", -1), ("clean", -1), ("model", -1), ("report", -1)])
    monkeypatch.setattr(marks, "task_states", lambda dag_id, run_id: states)
    with dag:
        BatchSubmitJobOperator(task_id="submit", **JOB)
        follow("clean")
        follow("model")
        follow("report", trigger_rule="all_done")
    dag.get_task("submit") >> dag.get_task("clean") >> dag.get_task("model") >> dag.get_task("report")

    marks.on_task_instance_skipped(None, row("submit", state="skipped"))

    (jobs,) = swept
    assert jobs.tasks == {("clean", -1), ("model", -1)}
    assert jobs.reason == (
        "This job's task is skipped in Airflow, because a user marked a task upstream of it as skipped"
    )


@pytest.mark.usefixtures("in_the_database")
def test_a_marked_task_and_a_task_that_is_skipped_with_it_have_different_reasons(dag, swept, monkeypatch):
    monkeypatch.setattr(marks, "task_states", lambda *_: dict.fromkeys([("clean", -1), ("model", -1)]))
    with dag:
        follow("clean")
        follow("model")
    dag.get_task("clean") >> dag.get_task("model")

    marks.on_task_instance_skipped(None, row("clean", state="skipped"))

    assert [(jobs.tasks, jobs.reason) for jobs in swept] == [
        ({("clean", -1)}, "A user marked task 'clean' as success, failed or skipped in Airflow"),
        (
            {("model", -1)},
            "This job's task is skipped in Airflow, because a user marked a task upstream of it as skipped",
        ),
    ]


@pytest.mark.usefixtures("in_the_database")
def test_the_reason_after_the_scheduler_has_failed_a_task_names_no_user(dag, swept):
    with dag:
        follow("clean")

    marks.on_task_instance_failed("running", row("clean"), "Executor reported that the task finished …")

    (jobs,) = swept
    assert jobs.reason == "The scheduler of Airflow failed task 'clean', which had not reported its end"


@pytest.mark.usefixtures("in_the_database")
def test_tasks_of_a_run_that_a_user_and_the_scheduler_ended_together_have_different_reasons(
    dag, swept, timer
):
    with dag:
        follow("clean")
        follow("model")
    marks.on_task_instance_failed("running", row("clean"), "Executor reported that the task finished …")
    marks.on_task_instance_failed(None, row("model"), "TaskInstance's state was manually set to `failed`.")

    timer.run_out()

    assert [(jobs.tasks, jobs.reason) for jobs in swept] == [
        ({("clean", -1)}, "The scheduler of Airflow failed task 'clean', which had not reported its end"),
        ({("model", -1)}, "A user marked task 'model' as success, failed or skipped in Airflow"),
    ]


@pytest.mark.parametrize(
    "end",
    [
        lambda ti: marks.on_task_instance_failed("running", ti, ValueError("boom")),
        lambda ti: marks.on_task_instance_success("running", ti),
        lambda ti: marks.on_task_instance_skipped("running", ti),
    ],
    ids=["failed", "success", "skipped"],
)
def test_the_end_of_a_task_in_the_process_of_dag_test_is_no_mark(dag, swept, end):
    with dag:
        follow("clean")
    # What `dag.test()` gives to listeners, in a process that has the database.
    ti = RuntimeTaskInstance.model_construct(
        **{"id": uuid4(), "task_id": "clean", "dag_id": "post_trade", "run_id": RUN, "try_number": 1},
        map_index=-1,
        state="failed",
        task=dag.get_task("clean"),
    )

    end(ti)

    assert swept == []


@pytest.mark.usefixtures("in_the_database")
def test_marking_a_task_failed_leaves_the_jobs_of_downstream_tasks(dag, swept):
    with dag:
        follow("clean")
        follow("model")
    dag.get_task("clean") >> dag.get_task("model")

    marks.on_task_instance_failed(None, row("clean"), "manually")

    (jobs,) = swept
    assert jobs.tasks == {("clean", -1)}


def test_a_worker_that_ends_its_task_sweeps_nothing(dag, swept):
    with dag:
        follow("clean")

    marks.on_task_instance_success(None, row("clean"))

    assert swept == []


def test_the_configuration_can_switch_it_off(dag, swept, monkeypatch):
    monkeypatch.setenv("AIRFLOW__BATCH_PROVIDER__TERMINATE_MARKED", "False")
    with dag:
        follow("clean")

    marks.on_dag_run_failed(run(), BY_HAND)

    assert swept == []


def test_an_error_never_reaches_the_user_who_marked(dag, swept, monkeypatch, caplog):
    def broken(dag_id, run_id, version_id):
        raise ValueError("no such version")

    monkeypatch.setattr(marks, "tasks_of_run", broken)

    with caplog.at_level(logging.ERROR, sweeping.__name__):
        marks.on_dag_run_failed(run(), BY_HAND)

    assert caplog.messages == [
        f"A user marked run '{RUN}' of 'post_trade' or some of its tasks, but its AWS Batch jobs could not "
        "be found. 'airflow-batch sweep' finds the jobs that are left (ValueError: no such version)"
    ]
    assert caplog.records[0].exc_info is None
