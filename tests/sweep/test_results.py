"""What the end of a run publishes of jobs whose tasks did not run."""

from types import SimpleNamespace

import pytest
from airflow.sdk import DAG

from airflow_batch_provider.following.identity import JobIdentity
from airflow_batch_provider.hooks import settings
from airflow_batch_provider.hooks.batch import BatchHook
from airflow_batch_provider.operators.batch import BatchJobOperator
from airflow_batch_provider.sweep import results
from tests.airflow_fakes import hook_over
from tests.airflow_versions import DagSerialization
from tests.fakes import QUEUE_ARN, FakeBatchApi, FakeLogsApi

RUN = "scheduled__2006-01-01"


class EndedRun:
    """A run whose task ``align`` has failed."""

    def __init__(self, monkeypatch):
        self.api = FakeBatchApi()
        self.states = {("align", -1): "failed", ("call", -1): "upstream_failed"}
        self.published = {}
        hook = hook_over(self.api, FakeLogsApi())
        monkeypatch.setattr(BatchHook, "of", classmethod(lambda cls, connection: hook))
        monkeypatch.setattr(results, "task_states", lambda dag_id, run_id: dict(self.states))
        monkeypatch.setattr(results, "tasks_of_run", lambda dag_id, run_id: self.dag().tasks)
        monkeypatch.setattr(results, "publish_xcoms", self.publish)
        monkeypatch.setattr(results, "time", SimpleNamespace(monotonic=lambda: self.now))
        monkeypatch.setattr(results, "_workers", SimpleNamespace(submit=lambda call: call()))
        monkeypatch.setattr(results, "start_timer", self.wait_and_call)
        self.now = 0.0
        self.on_wait = lambda: None

    def dag(self):
        with DAG("post_trade", schedule=None) as dag:
            for key in ("align", "call"):
                BatchJobOperator(task_id=key, job_queue=QUEUE_ARN, job_definition="step")
        return DagSerialization.from_dict(DagSerialization.to_dict(dag))

    def put(self, key, status, job_id=None, **members):
        name = JobIdentity("post_trade", RUN, key).job_name
        self.api.put(job_id or key, status, jobName=name, jobQueue=QUEUE_ARN, **members)

    def put_array(self, status, **counts):
        self.put("call", status, arrayProperties={"size": 6, "statusSummary": counts})

    def publish(self, dag_id, run_id, task_id, xcoms):
        self.published[task_id] = xcoms

    def wait_and_call(self, seconds, call):
        self.now += seconds
        self.on_wait()
        call()

    def end(self):
        results.EndedRun("post_trade", RUN).find_jobs()


@pytest.fixture
def run(monkeypatch):
    return EndedRun(monkeypatch)


def test_the_result_of_an_array_whose_task_did_not_run_is_published(run):
    run.put("align", "FAILED")
    run.put_array("FAILED", SUCCEEDED=4, FAILED=2)
    for index in (4, 5):
        run.api.put(f"call:{index}", "FAILED", statusReason="Dependent Job failed")

    run.end()

    assert run.published.keys() == {"call"}
    assert run.published["call"]["job_id"] == "call"
    assert run.published["call"]["array"]["succeeded"] == 4
    assert any(key.startswith("_link_") for key in run.published["call"])


def test_a_job_that_is_still_ending_is_waited_for(run):
    run.put_array("PENDING", SUCCEEDED=4, RUNNING=2)
    run.on_wait = lambda: run.put_array("FAILED", SUCCEEDED=4, FAILED=2)

    run.end()

    assert run.now == results.POLL_SECONDS
    assert "array" in run.published["call"]


def test_a_job_that_does_not_end_is_published_without_a_result(run):
    run.put_array("PENDING", SUCCEEDED=4, RUNNING=2)

    run.end()

    assert run.now >= results.ENDING_SECONDS
    assert run.published["call"]["job_id"] == "call"
    assert "array" not in run.published["call"]


def test_a_job_that_has_not_run_is_not_published(run):
    run.put("call", "FAILED", statusReason="Dependent Job failed")

    run.end()

    assert run.published == {}


def test_a_task_that_was_cleared_meanwhile_keeps_its_own_xcoms(run):
    run.put_array("PENDING", SUCCEEDED=4, RUNNING=2)

    def clear():
        run.states[("call", -1)] = None

    run.on_wait = clear
    run.end()

    assert run.published == {}


def test_a_run_whose_tasks_all_ran_makes_no_calls(run, monkeypatch):
    run.states[("call", -1)] = "success"
    monkeypatch.setattr(BatchHook, "of", classmethod(lambda cls, connection: 1 / 0))

    run.end()

    assert run.published == {}


def test_an_error_never_reaches_the_scheduler(run, monkeypatch, caplog):
    monkeypatch.setattr(results, "start_timer", lambda seconds, call: call())
    monkeypatch.setattr(results, "_workers", SimpleNamespace(submit=lambda call: call()))
    monkeypatch.setattr(BatchHook, "of", classmethod(lambda cls, connection: 1 / 0))

    results.on_dag_run_failed(SimpleNamespace(dag_id="post_trade", run_id=RUN), "task_failure")

    assert "publish_unfollowed" in caplog.text


def test_the_configuration_can_turn_it_off(run, monkeypatch):
    started = []
    monkeypatch.setattr(results, "start_timer", lambda seconds, call: started.append(call))
    monkeypatch.setattr(settings, "publishes_unfollowed_jobs", lambda: False)

    results.on_dag_run_success(SimpleNamespace(dag_id="post_trade", run_id=RUN), "success")

    assert started == []
