"""A job that is submitted by its ``submit`` task while a task upstream of it is being skipped."""

import pytest

from airflow_batch_provider import build_dag
from airflow_batch_provider.operators import skipped_upstream
from airflow_batch_provider.operators.batch import BatchSubmitJobOperator
from airflow_batch_provider.spec.models import Workflow
from tests.airflow_fakes import FakeTaskInstance, hook_over
from tests.fakes import FakeBatchApi, FakeLogsApi

SKIPPED = "This job's task is skipped in Airflow, because task 'align.wait' was skipped"


class Airflow:
    """The task ``call.submit``; the task of its upstream job has another state each time that it is read."""

    def __init__(self, monkeypatch):
        self.api = FakeBatchApi()
        self.ti = FakeTaskInstance("call.submit")
        self.reads = 0
        monkeypatch.setattr(skipped_upstream, "time", self)

    def sleep(self, seconds):
        """Let no time pass."""

    def submit(self, *states, upstream_job="FAILED"):
        self.api.put("upstream", upstream_job)
        read = self.ti.get_task_states

        def get_task_states(**arguments):
            self.ti.states = {"align.wait": states[min(self.reads, len(states) - 1)]}
            self.reads += 1
            return read(**arguments)

        self.ti.get_task_states = get_task_states
        task = BatchSubmitJobOperator(
            task_id="submit", job_queue="q", job_definition="d", depends_on=["upstream"], job_key="call"
        )
        task.is_planned = True
        task.upstream_that_may_skip = ("align.wait",)
        task.__dict__["hook"] = hook_over(self.api, FakeLogsApi())
        return task.execute({"ti": self.ti})


@pytest.fixture
def airflow(monkeypatch):
    return Airflow(monkeypatch)


def test_a_job_whose_upstream_task_was_skipped_before_is_not_submitted(airflow):
    assert airflow.submit("skipped") is None
    assert airflow.api.submitted == []


@pytest.mark.parametrize(
    "states",
    [
        pytest.param(["running", "skipped"], id="just after the submission"),
        pytest.param(["running", "running", "running", "skipped"], id="a little later"),
        pytest.param(["deferred", "running", "skipped"], id="it resumed meanwhile"),
    ],
)
def test_a_job_whose_upstream_task_is_skipped_meanwhile_is_terminated(airflow, states):
    assert airflow.submit(*states) == "job-2"
    assert airflow.api.terminated == {"job-2": SKIPPED}
    assert airflow.reads == len(states)


@pytest.mark.parametrize(
    "state", ["deferred", "queued", "scheduled", "up_for_retry", "success", "failed", None]
)
def test_an_upstream_task_that_is_not_running_looks_itself(airflow, state):
    assert airflow.submit("running", state) == "job-2"
    assert airflow.api.terminated == {}
    assert airflow.reads == 2


@pytest.mark.parametrize("status", ["RUNNING", "SUCCEEDED"])
def test_an_upstream_task_is_not_waited_for_while_its_job_has_not_failed(airflow, status):
    assert airflow.submit("running", upstream_job=status) == "job-2"
    assert airflow.reads == 2


def test_the_wait_for_an_upstream_task_is_limited(airflow):
    assert airflow.submit("running") == "job-2"
    assert airflow.api.terminated == {}


def test_a_state_that_cannot_be_read_does_not_fail_the_task(airflow, capsys):
    def fail(**_):
        raise RuntimeError("the API server does not answer")

    read = airflow.ti.get_task_states

    def read_once(**arguments):
        airflow.ti.get_task_states = fail
        return read(**arguments)

    airflow.ti.get_task_states = read_once
    task = BatchSubmitJobOperator(task_id="submit", job_queue="q", job_definition="d")
    task.upstream_that_may_skip = ("align.wait",)
    task.__dict__["hook"] = hook_over(airflow.api, FakeLogsApi())

    assert task.execute({"ti": airflow.ti}) == "job-1"
    assert "Could not determine whether the task of job job-1 is skipped" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("members", "upstream"),
    [
        ({"exit_codes": {3: "skip"}}, ("align.wait",)),
        ({"exit_codes": {3: "fail"}}, ()),
        ({}, ()),
    ],
)
def test_a_submit_task_knows_which_upstream_tasks_may_be_skipped(members, upstream):
    spec = {
        "workflow": "w",
        "submission": "per_job",
        "airflow": {"start_date": "2006-01-01"},
        "defaults": {"job_queue": "q", "job_definition": "d"},
        "jobs": {"align": members, "call": {"depends_on": ["align"]}, "apart": {}},
    }
    dag = build_dag(Workflow.model_validate(spec))

    assert dag.get_task("call.submit").upstream_that_may_skip == upstream
    assert dag.get_task("apart.submit").upstream_that_may_skip == ()
