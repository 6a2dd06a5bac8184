"""
A workflow that is edited during a run: each task follows a job that waits for what the task waits for now.

The runs of all workflows are edited at the same time, while their first job is running.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.airflow_processes import AirflowProcesses
from harness.local_batch import LocalBatchProcess
from tests.airflow.arrangements import SUBMISSIONS, prefix_of, task_of, write_workflows
from tests.airflow.deadline import eventually
from tests.airflow.runs import RunUnderTest

pytestmark = pytest.mark.timeout(600)

BEFORE = """\
workflow: edited_{mode}
submission: {submission}
airflow: {{start_date: 2006-01-01}}
defaults: {{job_queue: etl, job_definition: step, command: ["true"]}}
jobs:
  first: {{command: [sh, -c, "until test -e {marker}; do sleep 0.2; done"]}}
  plain_old: {{depends_on: [first]}}
  array: {{array_size: 2, depends_on: [plain_old]}}
  after_array: {{depends_on: [array]}}
  head: {{depends_on: [first], submitted_by: own_task}}
  chained: {{depends_on: [head]}}
"""

AFTER = """\
workflow: edited_{mode}
submission: {submission}
airflow: {{start_date: 2006-01-01}}
defaults: {{job_queue: etl, job_definition: step, command: ["true"]}}
jobs:
  first: {{command: [sh, -c, "until test -e {marker}; do sleep 0.2; done"]}}
  plain_new: {{depends_on: [first]}}
  added_array: {{array_size: 2, depends_on: [first]}}
  array: {{array_size: 2, depends_on: [plain_new, added_array]}}
  after_array: {{depends_on: [array]}}
  head: {{depends_on: [first], submitted_by: own_task}}
  chained_added: {{depends_on: [head]}}
  chained: {{depends_on: [chained_added]}}
"""

SUBMITTED = ("plain_new", "added_array", "array", "after_array", "head", "chained_added", "chained")


@dataclass(frozen=True)
class Edited:
    """A run of a workflow that has been edited in mid-run, and the jobs that AWS Batch has seen."""

    run: RunUnderTest
    mode: str

    def task(self, key: str) -> str:
        return task_of(self.mode, self.run, key)

    def failures(self) -> dict[str, str]:
        """Return the ends of the logs of the tasks that have failed."""
        failed = [task_id for task_id, state in self.run.states.items() if state == "failed"]
        return {task_id: self.run.log(task_id)[-3000:] for task_id in failed}

    def jobs(self, key: str) -> list[dict[str, Any]]:
        """Return all jobs with a job key, oldest first."""
        return self.run.jobs(prefix_of(self.mode) + key)

    def followed(self, key: str) -> dict[str, Any]:
        """Return the job that the task of a job key has followed."""
        return self.run.describe(self.run.xcom(self.task(key), "job_id"))

    def waited(self, key: str, upstream: str) -> bool:
        """Return whether a job started after the job on which it depends had ended."""
        job = self.followed(key)
        first = self.run.describe(f"{job['jobId']}:0") if "arrayProperties" in job else job
        return bool(first["startedAt"] >= self.followed(upstream)["stoppedAt"])


@pytest.fixture(scope="module")
def edited(
    airflow: AirflowProcesses,
    local_batch: LocalBatchProcess,
    dags_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, Edited]]:
    marker = tmp_path_factory.mktemp("edits") / "go"
    dag_file = write_workflows(dags_folder, "edited", BEFORE, marker)
    runs = {}
    for mode in SUBMISSIONS:
        airflow.api.wait_for_dag(f"edited_{mode}")
        run = RunUnderTest(airflow.api, local_batch.url, airflow.api.trigger(f"edited_{mode}"))
        runs[mode] = Edited(run, mode)
    for each in runs.values():
        each.run.wait_for_task(each.task("first"), "deferred")
    write_workflows(dags_folder, "edited", AFTER, marker)
    for each in runs.values():
        eventually(lambda each=each: each.task("plain_new") in each.run.states)
    marker.touch()
    for each in runs.values():
        each.run.wait(seconds=300)
    yield runs
    dag_file.unlink()


@pytest.fixture(params=SUBMISSIONS)
def each(request: pytest.FixtureRequest, edited: dict[str, Edited]) -> Edited:
    return edited[request.param]


def test_a_run_that_is_edited_succeeds_and_runs_the_added_jobs_once(each: Edited) -> None:
    run = each.run.api.run(each.run.run.dag_id, each.run.run.run_id)

    assert run.state == "success", (each.run.states, each.failures())
    for key in ("first", "plain_new", "added_array", "head", "chained_added"):
        assert len(each.jobs(key)) == 1, key
    assert all(each.followed(key)["status"] == "SUCCEEDED" for key in SUBMITTED)


def test_a_job_that_waits_for_added_jobs_runs_after_them(each: Edited) -> None:
    assert each.waited("array", "plain_new")
    assert each.waited("array", "added_array")
    assert each.waited("chained", "chained_added")


def test_a_job_after_one_that_is_submitted_again_runs_after_that(each: Edited) -> None:
    assert each.waited("after_array", "array")


def test_no_task_has_two_live_jobs(each: Edited) -> None:
    for key in SUBMITTED:
        *earlier, last = each.jobs(key)
        assert all(job["stoppedAt"] <= last["createdAt"] for job in earlier), key


@pytest.mark.parametrize(("mode", "task_id"), [("at_once", "plain_new"), ("per_job", "plain_new.wait")])
def test_tasks_test_of_one_task_submits_its_job_and_follows_it(
    edited: dict[str, Edited], airflow: AirflowProcesses, mode: str, task_id: str
) -> None:
    dag_id = edited[mode].run.run.dag_id
    # Airflow creates a run for the test, which the scheduler would run as well.
    airflow.api.call("PATCH", f"/api/v2/dags/{dag_id}", {"is_paused": True})

    test = subprocess.run(
        [sys.executable, "-m", "airflow", "tasks", "test", dag_id, task_id],
        env=airflow.environment,
        capture_output=True,
        text=True,
        check=False,
    )

    output = test.stdout + test.stderr
    assert test.returncode == 0, output[-5000:]
    (job_id,) = re.findall(r"Submitted job (\S+) ", output)
    assert edited[mode].run.describe(job_id)["status"] == "SUCCEEDED"
