"""
Jobs of a paused DAG that have not started are held; each runs once after the DAG is unpaused.

See docs/when-things-go-wrong.md.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.airflow_processes import AirflowProcesses
from harness.local_batch import LocalBatchProcess
from harness.process_environment import aws_environment
from tests.airflow.arrangements import SUBMISSIONS, prefix_of, task_of, write_workflows
from tests.airflow.deadline import eventually
from tests.airflow.runs import RunUnderTest

pytestmark = pytest.mark.timeout(600)

SPEC = """\
workflow: paused_{mode}
submission: {submission}
airflow: {{start_date: 2006-01-01}}
defaults: {{job_queue: etl, job_definition: step, command: ["true"]}}
jobs:
  first: {{command: [sh, -c, "until test -e {marker}; do sleep 0.2; done"]}}
  plain: {{depends_on: [first]}}
  array: {{array_size: 2, depends_on: [plain]}}
  head: {{submitted_by: own_task, command: [sh, -c, "until test -e {marker}; do sleep 0.2; done"]}}
  chained: {{depends_on: [head]}}
"""

STARTED = ("first", "head")
HELD = ("plain", "array", "chained")


def hold(run: RunUnderTest) -> str:
    """Run the command as a user would."""
    return subprocess.run(
        [sys.executable, "-m", "airflow_batch_provider.cli.main", "hold", run.run.dag_id],
        env={**os.environ, **aws_environment(run.batch_url)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.fixture(scope="module")
def runs(
    airflow: AirflowProcesses,
    local_batch: LocalBatchProcess,
    dags_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, RunUnderTest]]:
    """Runs whose DAGs were paused and held, then unpaused after the started jobs had ended."""
    marker = tmp_path_factory.mktemp("hold") / "go"
    dag_file = write_workflows(dags_folder, "paused", SPEC, marker)
    runs = {}
    for mode in SUBMISSIONS:
        airflow.api.wait_for_dag(f"paused_{mode}")
        runs[mode] = RunUnderTest(airflow.api, local_batch.url, airflow.api.trigger(f"paused_{mode}"))
    for mode, run in runs.items():
        for key in STARTED:
            run.wait_for_task(task_of(mode, run, key), "deferred")
            eventually(lambda run=run, mode=mode, key=key: status_of(mode, run, key) == "RUNNING")
        airflow.api.call("PATCH", f"/api/v2/dags/{run.run.dag_id}", {"is_paused": True})
        assert "3 jobs held" in hold(run)
    marker.touch()
    for mode, run in runs.items():
        for key in HELD:
            eventually(lambda run=run, mode=mode, key=key: status_of(mode, run, key) == "FAILED")
        airflow.api.unpause(run.run.dag_id)
    for run in runs.values():
        run.wait(seconds=300)
    yield runs
    dag_file.unlink()


def status_of(mode: str, run: RunUnderTest, key: str) -> str:
    return str(run.jobs(prefix_of(mode) + key)[0]["status"])


@pytest.mark.parametrize("mode", SUBMISSIONS)
def test_a_paused_run_succeeds_after_it_is_unpaused(runs: dict[str, RunUnderTest], mode: str) -> None:
    run = runs[mode].api.run(runs[mode].run.dag_id, runs[mode].run.run_id)

    assert run.state == "success", runs[mode].states


@pytest.mark.parametrize("mode", SUBMISSIONS)
def test_a_job_that_had_started_is_left_alone(runs: dict[str, RunUnderTest], mode: str) -> None:
    for key in STARTED:
        (job,) = runs[mode].jobs(prefix_of(mode) + key)
        assert job["status"] == "SUCCEEDED"


@pytest.mark.parametrize("mode", SUBMISSIONS)
def test_a_held_job_runs_once(runs: dict[str, RunUnderTest], mode: str) -> None:
    for key in HELD:
        held, submitted = runs[mode].jobs(prefix_of(mode) + key)
        assert (held["status"], "startedAt" in held) == ("FAILED", False)
        assert submitted["status"] == "SUCCEEDED"
