"""``BatchSweepOperator``, and what a task's supervisor knows about runs."""

from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_batch_provider.operators.batch import BatchSweepOperator
from airflow_batch_provider.operators.sweep import SupervisorRunStates
from tests.airflow_fakes import hook_over
from tests.fakes import QUEUE_ARN, FakeBatchApi, FakeLogsApi
from tests.unwanted.airflow_server import serving
from tests.unwanted.fakes import put_job


class FakeSupervisor:
    """The methods of a running task instance that count runs and tasks, with Airflow's answers."""

    def __init__(self) -> None:
        self.runs: dict[str, str] = {"daily__1": "running", "daily__0": "success"}
        self.tasks: dict[str, dict[str, str | None]] = {}
        self.calls = 0

    def get_dr_count(self, *, dag_id: str, run_ids: list[str], states: list[str] | None) -> int:
        assert dag_id == "etl"
        self.calls += 1
        return sum(1 for run in run_ids if run in self.runs and (not states or self.runs[run] in states))

    def get_ti_count(self, *, dag_id: str, run_ids: list[str], states: list[str]) -> int:
        return sum(state in states for run in run_ids for state in self.tasks.get(run, {}).values())

    def get_task_states(self, *, dag_id: str, task_ids: list[str], run_ids: list[str]) -> dict[str, Any]:
        (run_id,), (task_id,) = run_ids, task_ids
        states = self.tasks[run_id].items()
        found = {key: state for key, state in states if key.partition("#")[0] == task_id}
        return {run_id: {key.replace("#", "_"): state for key, state in found.items()}} if found else {}


@pytest.fixture
def api() -> FakeBatchApi:
    api = FakeBatchApi()
    api.queues = [QUEUE_ARN]
    put_job(api, "wanted")
    put_job(api, "ended", "daily__0")
    put_job(api, "gone", "daily__9")
    put_job(api, "foreign", "daily__9", environment="staging")
    return api


@pytest.fixture
def supervisor() -> FakeSupervisor:
    return FakeSupervisor()


@pytest.fixture
def sweep(api, supervisor):
    def run(**arguments):
        task = BatchSweepOperator(task_id="sweep", **{"environment": "production", **arguments})
        task.__dict__["hook"] = hook_over(api, FakeLogsApi())
        return task.execute({"ti": supervisor})

    return run


@pytest.mark.parametrize("terminate", [False, "False", "false"])
def test_jobs_are_only_counted_by_default(sweep, api, terminate):
    result = sweep(terminate=terminate)

    assert result == {"unwanted": 2, "terminated": 0, "wanted": 1, "left": {"other_environment": 1}}
    assert api.terminated == {}


@pytest.mark.parametrize("terminate", [True, "True", "true"])
def test_unwanted_jobs_are_terminated_if_asked_for(sweep, api, terminate):
    result = sweep(terminate=terminate)

    assert result["terminated"] == 2
    assert api.terminated == {
        "ended": "Airflow no longer wants this job: run 'daily__0' has ended",
        "gone": "Airflow no longer wants this job: run 'daily__9' does not exist in Airflow",
    }


def test_limit_and_choice_of_jobs(sweep, api):
    put_job(api, "newest", "daily__9", "other", createdAt=1136095200001)

    assert sweep(terminate=True, limit="2", job_queues="etl", dag_ids=["etl"])["terminated"] == 2
    assert "newest" not in api.terminated
    assert sweep(dag_ids="another")["left"]["not_chosen"] == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"terminate": "yes"}, "terminate must be True or False, not 'yes'"),
        ({"older_than": "soon"}, "older_than: 'soon' is not a duration"),
        ({"limit": "few"}, "limit must be a number of jobs, not 'few'"),
        ({"environment": None}, "this Airflow has no name"),
    ],
)
def test_invalid_arguments_terminate_nothing(sweep, api, arguments, message):
    with pytest.raises(AirflowFailException, match=message):
        sweep(**{"terminate": True, **arguments})

    assert api.terminated == {}


def test_environment_comes_from_the_configuration(sweep, monkeypatch):
    monkeypatch.setenv("AIRFLOW__BATCH_PROVIDER__ENVIRONMENT", "staging")

    result = sweep(environment=None)

    assert (result["unwanted"], result["left"]) == (1, {"other_environment": 3})


def test_airflow_connection_asks_the_rest_api(sweep, api, monkeypatch):
    with serving() as server:
        server.users = {"sweeper": "secret word"}
        server.add_run("etl", "daily__1")
        server.add_run("etl", "daily__0", "failed")
        host = server.url.removeprefix("http://")
        monkeypatch.setenv("AIRFLOW_CONN_AIRFLOW_API", f"http://sweeper:secret%20word@{host}")

        sweep(terminate=True, airflow_conn_id="airflow_api")

    assert api.terminated["ended"] == "Airflow no longer wants this job: run 'daily__0' has ended (failed)"
    assert set(api.terminated) == {"ended", "gone"}


def test_active_runs_take_one_question(supervisor):
    supervisor.runs = {f"run-{number}": "queued" for number in range(50)}

    assert SupervisorRunStates(supervisor).ended("etl", list(supervisor.runs)) == {}
    assert supervisor.calls == 1


def test_removed_tasks_are_found(sweep, api, supervisor):
    put_job(api, "removed", task_id="old")
    put_job(api, "removed-index", task_id="mapped", map_index=1)
    put_job(api, "kept-index", task_id="mapped", map_index=0)
    supervisor.tasks["daily__1"] = {
        "load": "deferred",
        "old": "removed",
        "mapped#0": "deferred",
        "mapped#1": "removed",
        "mapped_1": "running",
    }

    sweep(terminate=True)

    assert {"removed", "removed-index"} < set(api.terminated)
    assert set(api.terminated).isdisjoint({"wanted", "kept-index"})


def test_run_that_cannot_be_identified_is_left_alone(sweep, api):
    put_job(api, "tilde", "daily~1")

    assert sweep()["left"]["unidentified"] == 1
