"""The advice to clear a submitting task, the task of a job, or both, works when it is followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from airflow_batch_provider.local.control_client import LocalBatchRegion
from harness.airflow_processes import AirflowProcesses
from harness.airflow_records import parse_dag_run
from tests.soak.run_under_test import RunUnderTest, eventually
from tests.soak.shapes import KEYS, SUBMISSION_MODES

SHAPES = ("plain", "array", "chain", "diamond", "pair")
DAG_IDS = {f"{shape}_{mode}": KEYS[shape] for shape in SHAPES for mode in SUBMISSION_MODES}


@dataclass
class Cleared:
    """A run that succeeded, whose tasks were cleared step by step; the submissions after each step."""

    tested: RunUnderTest
    steps: dict[str, dict[str, int]] = field(default_factory=dict)

    def clear(self, task_ids: Sequence[str], *, downstream: bool = False) -> None:
        self.tested.api.clear_tasks(
            self.tested.dag_id, self.tested.run.run_id, task_ids, downstream=downstream
        )


@pytest.fixture(scope="module")
def cleared(airflow: AirflowProcesses, batch: LocalBatchRegion) -> dict[str, Cleared]:
    """Clear tasks of all runs, and wait until the runs have succeeded again."""
    runs = {
        dag_id: Cleared(RunUnderTest.start(airflow.api, batch, dag_id, keys, seconds=0))
        for dag_id, keys in DAG_IDS.items()
    }

    def take_step(name: str) -> None:
        for each in runs.values():
            assert each.tested.wait_ended() == "success", (name, each.tested.task_states())
            each.steps[name] = each.tested.submitted()

    take_step("first run")
    for each in runs.values():
        each.clear([each.tested.submit_task(each.tested.keys[-1])])
    take_step("submitting task alone")
    for each in runs.values():
        each.clear([each.tested.task(each.tested.keys[-1])])
    take_step("task of the job alone")
    for each in runs.values():
        last = each.tested.keys[-1]
        each.clear([each.tested.submit_task(last), each.tested.task(last)])
    take_step("both")
    for each in runs.values():
        each.clear([each.tested.submit_task(each.tested.keys[0])], downstream=True)
    take_step("all downstream tasks")
    return runs


@pytest.fixture(params=DAG_IDS)
def each(request: pytest.FixtureRequest, cleared: dict[str, Cleared]) -> Cleared:
    return cleared[request.param]


def test_only_jobs_whose_tasks_are_cleared_are_submitted_again(each: Cleared) -> None:
    keys = each.tested.keys
    once, last = dict.fromkeys(keys, 1), keys[-1]

    assert each.steps == {
        "first run": once,
        "submitting task alone": once,
        "task of the job alone": {**once, last: 2},
        "both": {**once, last: 3},
        "all downstream tasks": {**dict.fromkeys(keys, 2), last: 4},
    }


@pytest.fixture(scope="module")
def marked(airflow: AirflowProcesses, batch: LocalBatchRegion) -> dict[str, RunUnderTest]:
    """Mark the first submitting task of each run success before it has run."""
    runs = {}
    for dag_id, keys in DAG_IDS.items():
        airflow.api.wait_for_dag(dag_id)
        airflow.api.call("PATCH", f"/api/v2/dags/{dag_id}", {"is_paused": True})
        body = {"logical_date": None, "conf": {"seconds": 0}}
        run = parse_dag_run(airflow.api.call("POST", f"/api/v2/dags/{dag_id}/dagRuns", body))
        runs[dag_id] = RunUnderTest(airflow.api, batch, dag_id, keys, run, batch.client())
    for dag_id, tested in runs.items():
        airflow.api.set_task_state(dag_id, tested.run.run_id, tested.submit_task(tested.keys[0]), "success")
        airflow.api.unpause(dag_id)
    for tested in runs.values():
        tested.wait_ended()
    return runs


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_jobs_are_submitted_by_their_tasks_if_the_submitting_task_was_marked(
    marked: dict[str, RunUnderTest], dag_id: str
) -> None:
    tested = marked[dag_id]

    assert tested.state() == "success"
    assert tested.submitted() == dict.fromkeys(tested.keys, 1)
    eventually(lambda: not tested.live(), f"no live job of {dag_id}")


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_such_jobs_run_in_their_order(marked: dict[str, RunUnderTest], dag_id: str) -> None:
    tested = marked[dag_id]
    lives = {key: tested.jobs(key)[0] for key in tested.keys}
    first, *others = tested.keys

    for key in others:
        assert lives[key]["createdAt"] >= lives[first]["stoppedAt"]
    assert lives[tested.keys[-1]]["createdAt"] == max(job["createdAt"] for job in lives.values())
