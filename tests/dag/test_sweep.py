"""The callback that leaves no job of an ended run behind."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from airflow_batch_provider.batch.naming import JobIdentity
from airflow_batch_provider.dag.factory import build_dag
from airflow_batch_provider.dag.sweep import RunSweep, with_sweeps
from airflow_batch_provider.hooks.batch import BatchHook
from airflow_batch_provider.hooks.connection import AwsConnection
from airflow_batch_provider.spec.loader import parse_workflow
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


def sweep_up() -> None:
    context = {
        "dag": SimpleNamespace(dag_id=RUN.dag_id),
        "run_id": RUN.run_id,
        "dag_run": SimpleNamespace(end_date=ENDED_AT),
    }
    RunSweep(AwsConnection(), (QUEUE_ARN,))(context)


def test_live_jobs_of_the_run_are_terminated(api):
    api.put("running", "RUNNING", jobName=RUN.job_name, createdAt=BEFORE)
    api.put("pending", "PENDING", jobName=RUN.of("store").job_name, createdAt=BEFORE)

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


def test_a_dag_sweeps_the_queues_that_are_known_at_parse_at_every_end():
    dag = build_dag(parse_workflow(SPEC))

    (on_failure,), (on_success,) = dag.on_failure_callback, dag.on_success_callback

    assert on_failure == on_success == RunSweep(AwsConnection(), ("etl", "gpu"))
    assert (dag.has_on_failure_callback, dag.has_on_success_callback) == (True, True)


@pytest.mark.parametrize("own", [print, [print], (print,)])
def test_a_dags_own_callbacks_come_after_the_sweep(own):
    sweep = RunSweep(AwsConnection(), ("etl",))

    callbacks = with_sweeps(own, [sweep])

    assert callbacks == [sweep, print]
