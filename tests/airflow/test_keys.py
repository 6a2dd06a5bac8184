"""Keys of jobs' tasks on a real Airflow: callbacks, labels and what the documentation shows."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from harness.airflow_processes import AirflowProcesses
from harness.local_batch import LocalBatchProcess
from tests.airflow.deadline import eventually
from tests.airflow.runs import RunUnderTest

MODES = ("at_once", "per_job")
EVENTS = {
    "good": {"executed", "succeeded"},
    "worker": {"executed", "succeeded"},
    "limited": {"executed", "succeeded"},
    "again": {"executed", "retried", "succeeded"},
    "skip": {"executed", "skipped"},
    "bad": {"executed", "failed"},
}
"""The events of each job, in both submission modes."""


class Keys(RunUnderTest):
    """A run of one of the workflows in `keys/`."""

    def calls(self, home: Path) -> list[tuple[str, str]]:
        """Return the calls so far: the event and the job."""
        file = home / "callbacks" / self.run.run_id
        lines = file.read_text().splitlines() if file.exists() else []
        split = [line.rpartition(" ") for line in lines]
        return [(event, task.removesuffix(".submit").removesuffix(".wait")) for event, _, task in split]


@pytest.fixture(scope="module")
def runs(
    airflow: AirflowProcesses, local_batch: LocalBatchProcess, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Keys]:
    """A run of each workflow that has ended; both run at the same time."""
    runs = {}
    for mode in MODES:
        marker = tmp_path_factory.mktemp(mode) / "marker"
        airflow.api.wait_for_dag(f"keys_{mode}")
        run = airflow.api.trigger(f"keys_{mode}", conf={"marker": str(marker)})
        runs[mode] = Keys(airflow.api, local_batch.url, run)
    for run in runs.values():
        assert run.wait() == "failed"  # because of the job `bad`
    return runs


@pytest.fixture(params=MODES)
def run(request: pytest.FixtureRequest, runs: dict[str, Keys]) -> Keys:
    return runs[request.param]


def test_each_callback_is_called_for_its_event(run: Keys, home: Path) -> None:
    eventually(lambda: ("run failed", "") in run.calls(home))

    events: dict[str, set[str]] = {}
    for event, job in run.calls(home):
        events.setdefault(job, set()).add(event)
    assert events == {**EVENTS, "": {"run failed"}}
    repeated = Counter(call for call in run.calls(home) if call[0] != "executed")
    assert set(repeated.values()) == {1}


def test_airflow_shows_the_keys_of_a_task(airflow: AirflowProcesses, run: Keys) -> None:
    task_id = "good" if run.run.dag_id == "keys_at_once" else "good.wait"
    shown: dict[str, Any] = airflow.api.call("GET", f"/api/v2/dags/{run.run.dag_id}/tasks/{task_id}")

    expected = {
        "owner": "risk",
        "retries": 2.0,
        "retry_exponential_backoff": shown["retry_exponential_backoff"],
        "priority_weight": 7.0,
        "weight_rule": "absolute",
        "queue": "default",
    }
    assert shown.items() >= expected.items()
    assert shown["retry_exponential_backoff"] in (True, 1.0, 2.0)
    assert shown["doc_md"].startswith("Succeeds.\n\nSets **all keys** that have no gate.\n\n```text\n")


def test_airflow_shows_the_spec_and_its_plan(airflow: AirflowProcesses, run: Keys, dags_folder: Path) -> None:
    shown = airflow.api.call("GET", f"/api/v2/dags/{run.run.dag_id}/details")["doc_md"]

    spec = (dags_folder / "keys" / f"{run.run.dag_id}.yaml").read_text().rstrip()
    assert shown.startswith("Each job sets keys of its task. A fence: ```\n\n## Spec `keys_")
    assert f"```yaml\n{spec}\n```" in shown
    assert "The spec extends `fragments/keys.yaml`, not shown here." in shown
    assert "limited  definition step, queue etl" in shown


def test_mapped_tasks_that_ask_for_a_label_have_one(airflow: AirflowProcesses) -> None:
    airflow.api.wait_for_dag("keys_mapped")
    started = airflow.api.trigger("keys_mapped")

    assert airflow.api.wait_for_run("keys_mapped", started.run_id, timeout_seconds=300).state == "success"

    path = f"/api/v2/dags/keys_mapped/dagRuns/{started.run_id}/taskInstances"
    tasks = airflow.api.call("GET", f"{path}/for_part.flow.labeled/listMapped")["task_instances"]
    assert sorted(task["rendered_map_index"] for task in tasks) == ["part 0", "part 1"]
