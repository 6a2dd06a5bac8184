"""The callback that leaves no job of an ended run behind."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from airflow.sdk import DAG

from airflow_batch_provider.dag.factory import build_dag, build_task_group
from airflow_batch_provider.following.identity import JobIdentity
from airflow_batch_provider.hooks.batch import BatchHook
from airflow_batch_provider.hooks.connection import AwsConnection
from airflow_batch_provider.operators.batch import BatchJobOperator
from airflow_batch_provider.spec.loader import parse_workflow
from airflow_batch_provider.sweep.jobs import JobSource
from airflow_batch_provider.sweep.run_end import HEARTBEAT_SECONDS, RunSweep, sweep_at_end
from tests.airflow_fakes import hook_over
from tests.fakes import QUEUE_ARN, FakeBatchApi, FakeLogsApi

RUN = JobIdentity("post_trade", "scheduled__2006-01-01", "clean")
ENDED_AT = datetime(2006, 1, 1, 12, tzinfo=UTC)
BEFORE, AFTER = (int(ENDED_AT.timestamp() * 1000) + offset for offset in (-1000, 1000))
SPEC = """
workflow: post_trade
defaults: {job_queue: etl, job_definition: d}
jobs:
  clean: {}
  model: {job_queue: gpu}
  store: {job_queue: "{{ params.queue }}"}
"""


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> FakeBatchApi:
    api = FakeBatchApi()
    hook = hook_over(api, FakeLogsApi())
    monkeypatch.setattr(BatchHook, "of", classmethod(lambda cls, connection: hook))
    return api


def sweep_up(queue: str = QUEUE_ARN, reason: str = "task_failure") -> None:
    context = {
        "reason": reason,
        "dag": SimpleNamespace(dag_id=RUN.dag_id),
        "run_id": RUN.run_id,
        "dag_run": SimpleNamespace(end_date=ENDED_AT),
    }
    RunSweep(JobSource(AwsConnection(), (queue,)))(context)


def test_live_jobs_of_the_run_are_terminated(api):
    api.put("running", "RUNNING", jobName=RUN.job_name, createdAt=BEFORE)
    api.put("pending", "PENDING", jobName=replace(RUN, job_key="store").job_name, createdAt=BEFORE)

    sweep_up()

    assert set(api.terminated) == {"running", "pending"}


def test_jobs_that_have_ended_or_are_ending_are_left_alone(api):
    api.put("done", "SUCCEEDED", jobName=RUN.job_name, createdAt=BEFORE)
    api.put("ending", "RUNNING", jobName=RUN.job_name, createdAt=BEFORE, isTerminated=True)

    sweep_up()

    assert api.terminated == {}


def test_jobs_of_another_run_are_left_alone(api):
    other = JobIdentity(RUN.dag_id, "scheduled__2006-02-01", "clean")
    api.put("other", "RUNNING", jobName=other.job_name, createdAt=BEFORE)

    sweep_up()

    assert api.terminated == {}


def test_jobs_that_were_submitted_after_the_runs_end_are_left_alone(api):
    api.put("cleared since", "RUNNING", jobName=RUN.job_name, createdAt=AFTER)

    sweep_up()

    assert api.terminated == {}


def test_a_run_that_timed_out_is_looked_at_again_for_what_a_worker_was_submitting(api, monkeypatch):
    late = {"jobName": RUN.job_name, "createdAt": int((ENDED_AT.timestamp() + HEARTBEAT_SECONDS - 1) * 1000)}
    monkeypatch.setattr(time, "sleep", lambda seconds: api.put("late", "RUNNING", **late))

    sweep_up(reason="timed_out")

    assert set(api.terminated) == {"late"}


def test_a_queue_that_is_a_template_makes_all_queues_swept(api):
    api.queues = [QUEUE_ARN]
    api.put("running", "RUNNING", jobName=RUN.job_name, createdAt=BEFORE)

    sweep_up("{{ params.queue }}")

    assert set(api.terminated) == {"running"}


def test_a_dag_sweeps_its_queues_at_every_end():
    dag = build_dag(parse_workflow(SPEC))

    (on_failure,), (on_success,) = dag.on_failure_callback, dag.on_success_callback

    assert on_failure == on_success
    assert on_failure.source.connection == AwsConnection()
    assert on_failure.source.job_queues == ("etl", "gpu", "{{ params.queue }}")
    assert (dag.has_on_failure_callback, dag.has_on_success_callback) == (True, True)


def test_a_dag_sweeps_the_queue_of_its_backfills_too():
    dag = build_dag(parse_workflow(SPEC + "backfill: {job_queue: low}\n"))

    (sweep,) = dag.on_failure_callback

    assert set(sweep.source.job_queues) == {"etl", "gpu", "{{ params.queue }}", "low"}


@pytest.mark.parametrize("own", [print, [print], (print,)])
def test_a_dags_own_callbacks_come_after_the_sweep(own):
    dag = build_dag(parse_workflow(SPEC), on_failure_callback=own)

    assert [type(callback) for callback in dag.on_failure_callback] == [RunSweep, type(print)]


def test_a_dag_of_the_authors_own_with_task_groups_sweeps_once_for_all():
    with DAG("own", schedule=None, on_success_callback=print) as dag:
        build_task_group(parse_workflow(SPEC), "one")
        build_task_group(parse_workflow(SPEC.replace("gpu", "big")), "other")

    sweep, own = dag.on_success_callback
    assert sweep.source.job_queues == ("etl", "gpu", "{{ params.queue }}", "big")
    assert own is print


def test_the_jobs_of_mapped_tasks_are_swept_too():
    with DAG("own", schedule=None) as dag:
        BatchJobOperator.partial(task_id="clean", job_queue="etl", job_definition="d").expand(
            parameters=[{"x": "1"}, {"x": "2"}]
        )

    sweep_at_end(dag)

    (sweep,) = dag.on_failure_callback
    assert sweep.source.job_queues == ("etl",)
