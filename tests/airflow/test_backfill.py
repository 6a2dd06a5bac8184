"""A backfill uses its own job queue and limit; a concurrent scheduled run does not."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from harness.account import aws_client
from harness.airflow_processes import AirflowProcesses
from harness.local_batch import LocalBatchProcess
from tests.airflow.deadline import eventually
from tests.airflow.runs import RunUnderTest

DAYS = 3


@pytest.fixture(scope="module")
def low_queue(local_batch: LocalBatchProcess) -> str:
    batch = aws_client("batch", local_batch.url)
    (etl,) = batch.describe_job_queues(jobQueues=["etl"])["jobQueues"]
    batch.create_job_queue(
        jobQueueName="etl-low",
        state="ENABLED",
        priority=0,
        computeEnvironmentOrder=etl["computeEnvironmentOrder"],
    )
    eventually(lambda: batch.describe_job_queues(jobQueues=["etl-low"])["jobQueues"][0]["status"] == "VALID")
    return "etl-low"


@pytest.fixture(scope="module")
def backfill_id(airflow: AirflowProcesses, low_queue: str) -> int:
    """A backfill of three days; because the DAG is unpaused, the scheduler also creates a run."""
    assert low_queue
    airflow.api.wait_for_dag("backfilled")
    first, last = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 2, DAYS, tzinfo=UTC)
    return airflow.api.create_backfill("backfilled", first, last, max_active_runs=10)


@pytest.fixture(scope="module")
def runs(
    airflow: AirflowProcesses, local_batch: LocalBatchProcess, backfill_id: int
) -> dict[str, list[RunUnderTest]]:
    """The finished runs by run type."""
    assert backfill_id

    def ended() -> dict[str, list[RunUnderTest]]:
        runs = airflow.api.runs("backfilled")
        kinds = [run.kind for run in runs if run.is_final]
        if kinds.count("backfill") < DAYS or "scheduled" not in kinds:
            return {}
        return {
            kind: [RunUnderTest(airflow.api, local_batch.url, run) for run in runs if run.kind == kind]
            for kind in ("backfill", "scheduled")
        }

    return eventually(ended, seconds=240)


def job_settings(runs: list[RunUnderTest]) -> list[dict[str, Any]]:
    jobs = [run.describe(run.xcom("submit", key)) for run in runs for key in ("first", "last")]
    return [
        {
            "status": job["status"],
            "queue": job["jobQueue"].rpartition("/")[2],
            "attempts": job["retryStrategy"]["attempts"],
            "environment": {entry["name"]: entry["value"] for entry in job["container"]["environment"]},
        }
        for job in jobs
    ]


def test_backfill_jobs_use_backfill_settings(runs: dict[str, list[RunUnderTest]]) -> None:
    expected = {
        "status": "SUCCEEDED",
        "queue": "etl-low",
        "attempts": 1,
        "environment": {"LEVEL": "info", "MODE": "backfill"},
    }

    assert job_settings(runs["backfill"]) == [expected] * 2 * DAYS


def test_scheduled_run_keeps_its_own_settings(runs: dict[str, list[RunUnderTest]]) -> None:
    expected = {"status": "SUCCEEDED", "queue": "etl", "attempts": 2, "environment": {"LEVEL": "info"}}

    assert job_settings(runs["scheduled"][:1]) == [expected] * 2


def test_backfill_runs_do_not_overlap(runs: dict[str, list[RunUnderTest]]) -> None:
    spans = sorted((run.run.start, run.run.end, run.run.state) for run in runs["backfill"])

    overlapping = [(earlier, later) for earlier, later in pairwise(spans) if later[0] < earlier[1]]

    assert overlapping == []


def test_airflow_shows_max_active_runs_of_workflow(
    airflow: AirflowProcesses, runs: dict[str, list[RunUnderTest]], backfill_id: int
) -> None:
    assert runs

    backfill = airflow.api.call("GET", f"/api/v2/backfills/{backfill_id}")

    assert backfill["max_active_runs"] == 1
