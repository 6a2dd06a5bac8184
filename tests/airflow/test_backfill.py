"""A backfill takes its own queue and cap; the scheduled run beside it does not."""

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
    """A backfill of three days; unpaused, the scheduler makes its own run as well."""
    assert low_queue
    airflow.api.wait_for_dag("backfilled")
    first, last = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 2, DAYS, tzinfo=UTC)
    return airflow.api.create_backfill("backfilled", first, last, max_active_runs=10)


@pytest.fixture(scope="module")
def runs(
    airflow: AirflowProcesses, local_batch: LocalBatchProcess, backfill_id: int
) -> dict[str, list[RunUnderTest]]:
    """The runs by their kind, ended."""
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


def of_jobs(runs: list[RunUnderTest]) -> list[dict[str, Any]]:
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


def test_the_jobs_of_the_backfill_take_its_settings(runs: dict[str, list[RunUnderTest]]) -> None:
    expected = {
        "status": "SUCCEEDED",
        "queue": "etl-low",
        "attempts": 1,
        "environment": {"LEVEL": "info", "MODE": "backfill"},
    }

    assert of_jobs(runs["backfill"]) == [expected] * 2 * DAYS


def test_the_scheduled_run_beside_it_keeps_its_own(runs: dict[str, list[RunUnderTest]]) -> None:
    expected = {"status": "SUCCEEDED", "queue": "etl", "attempts": 2, "environment": {"LEVEL": "info"}}

    assert of_jobs(runs["scheduled"][:1]) == [expected] * 2


def test_the_runs_of_the_backfill_wait_for_each_other(runs: dict[str, list[RunUnderTest]]) -> None:
    lives = sorted((run.run.start, run.run.end, run.run.state) for run in runs["backfill"])

    overlapping = [(earlier, later) for earlier, later in pairwise(lives) if later[0] < earlier[1]]

    assert overlapping == []


def test_airflow_shows_the_cap_that_the_workflow_has_set(
    airflow: AirflowProcesses, runs: dict[str, list[RunUnderTest]], backfill_id: int
) -> None:
    assert runs

    backfill = airflow.api.call("GET", f"/api/v2/backfills/{backfill_id}")

    assert backfill["max_active_runs"] == 1
