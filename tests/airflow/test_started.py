"""Tasks that start in the triggerer: no worker is needed on success, and failures work as usual."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.airflow_processes import AirflowProcesses
from harness.local_batch import LocalBatchProcess
from tests.airflow.deadline import eventually
from tests.airflow.test_recovery import Recovery
from tests.airflow_versions import ends_in_triggerer

pytestmark = ends_in_triggerer

TASKS = ("first", "middle", "last")


class Started(Recovery):
    """A run of the workflow `started`."""

    def used_worker(self, task_id: str) -> bool:
        path = f"/api/v2/dags/started/dagRuns/{self.run.run.run_id}/taskInstances/{task_id}"
        return self.api.call("GET", path)["pid"] is not None


@pytest.fixture
def started(airflow: AirflowProcesses, local_batch: LocalBatchProcess, tmp_path: Path) -> Started:
    """A run whose first job takes two seconds and whose second job fails once."""
    conf = {"seconds": 2, "marker": str(tmp_path / "marker")}
    return Started(airflow, local_batch.url, "started", conf)


def test_successful_task_needs_no_worker_and_clearing_resubmits_its_job(started: Started) -> None:
    state = started.run.wait()

    assert state == "success"
    assert started.counts() == {"first": 1, "middle": 2, "last": 2}
    assert [started.used_worker(task) for task in TASKS] == [False, True, True]
    (job,) = started.jobs("first")
    assert started.run.xcom("first", "return_value") == job["jobId"]
    assert all(started.run.links("first").values())
    assert "SUCCEEDED" in started.run.log("first")

    started.clear("first")
    assert started.run.wait() == "success"

    assert started.counts() == {"first": 2, "middle": 2, "last": 2}


def test_marking_run_while_task_waits_leaves_no_live_jobs(
    airflow: AirflowProcesses, local_batch: LocalBatchProcess
) -> None:
    run = Started(airflow, local_batch.url, "started", {"seconds": 900})
    run.run.wait_for_task("first", "deferred")
    eventually(lambda: run.run.xcom("first", "job_id"))

    run.mark("failed")

    eventually(lambda: not run.live())
    assert run.counts() == {"first": 1, "middle": 1, "last": 1}
    assert not run.used_worker("first")
