"""A wait that fails while the process of the task's first half is still running."""

from __future__ import annotations

import pytest

from harness.airflow_processes import AirflowProcesses
from harness.local_batch import LocalBatchProcess
from tests.airflow.runs import RunUnderTest


@pytest.fixture(scope="module")
def ended(airflow: AirflowProcesses, local_batch: LocalBatchProcess) -> RunUnderTest:
    airflow.api.wait_for_dag("first_half")
    run = RunUnderTest(airflow.api, local_batch.url, airflow.api.trigger("first_half"))
    run.wait()
    return run


def test_tasks_fail_with_the_errors_of_their_waits(ended: RunUnderTest) -> None:
    assert ended.states == {"unknown": "failed", "blocked": "failed"}
    assert "job 00000000-0000-4000-8000-000000000000 not found" in ended.log("unknown")
    assert "cannot start: MISCONFIGURATION:" in ended.log("blocked")


def test_scheduler_does_not_fail_the_tasks(ended: RunUnderTest) -> None:
    path = "/api/v2/eventLogs"
    events = ended.api.call("GET", path, dag_id="first_half", run_id=ended.run.run_id, limit=100)

    assert [event["extra"] for event in events["event_logs"] if event["event"] == "state mismatch"] == []


def test_reason_of_the_terminated_job_is_that_of_the_wait(ended: RunUnderTest) -> None:
    job = ended.describe(ended.xcom("blocked", "job_id"))

    assert job["statusReason"].startswith("Task 'blocked' stopped waiting: job ")
