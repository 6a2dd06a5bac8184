"""A monthly backfill of two years, repeated once; the scheduled run does not wait for it."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime

import pytest

from airflow_batch_provider.following.identity import JobIdentity
from airflow_batch_provider.local.control_client import LocalBatchRegion
from harness.account import JOB_QUEUE
from harness.airflow_api import AirflowApiError
from harness.airflow_processes import AirflowProcesses
from harness.airflow_records import DagRun
from tests.soak.run_under_test import eventually

DAG_ID = "monthly"
START, END = datetime(2006, 1, 1, tzinfo=UTC), datetime(2007, 12, 31, tzinfo=UTC)
MONTHS = 24
CAP = 3
"""``backfill: {max_active_runs: …}`` of the workflow; the backfill itself is created with a higher limit."""

USUAL_SECONDS = 30.0
"""The time until the first task of a run starts on a slow but idle machine."""


def test_months_have_their_interval_and_second_backfill_new_jobs(
    airflow: AirflowProcesses, batch: LocalBatchRegion, record_property: pytest.RecordProperty
) -> None:
    airflow.api.wait_for_dag(DAG_ID)
    create_backfill(airflow, "none")  # the DAG is paused: nothing starts before all months wait
    airflow.api.unpause(DAG_ID)
    started = time.monotonic()
    scheduled = eventually(lambda: runs_of_type(airflow, "scheduled"), "the scheduled run")
    run_id = scheduled[0].run_id
    eventually(lambda: airflow.api.task_instance(DAG_ID, run_id, "submit").start, "its first task starts")
    seconds = time.monotonic() - started
    ended_before = len(ended_months(airflow))
    most = wait_for_months(airflow)
    first = {run.run_id: jobs_of(batch, run) for run in ended_months(airflow)}

    eventually(lambda: start_second_backfill(airflow), "the first backfill is over")
    most |= wait_for_months(airflow)
    second = {run.run_id: jobs_of(batch, run) for run in ended_months(airflow)}

    record_property("seconds until the scheduled run's first task", round(seconds, 1))
    record_property("months that had ended before the scheduled run's first task", ended_before)
    record_property("most runs of the backfill at once", most["running"])
    assert seconds <= USUAL_SECONDS
    assert ended_before <= CAP
    assert most["running"] <= CAP
    for run in ended_months(airflow):
        assert run.state == "success"
        assert run.data_interval_start is not None
        assert len(first[run.run_id]) == 2
        assert len(second[run.run_id]) == 4
        assert set(second[run.run_id].values()) == {run.data_interval_start.date().isoformat()}
    assert len({job_id for jobs in second.values() for job_id in jobs}) == 4 * MONTHS


def create_backfill(airflow: AirflowProcesses, reprocess: str) -> None:
    body = {
        "dag_id": DAG_ID,
        "from_date": START.isoformat(),
        "to_date": END.isoformat(),
        "max_active_runs": 10,
        "reprocess_behavior": reprocess,
        "dag_run_conf": {"seconds": 0},
    }
    airflow.api.call("POST", "/api/v2/backfills", body)


def start_second_backfill(airflow: AirflowProcesses) -> bool:
    """Create the backfill again; return False while Airflow considers the first one running."""
    try:
        create_backfill(airflow, "completed")
    except AirflowApiError:
        return False
    return True


def runs_of_type(airflow: AirflowProcesses, kind: str) -> list[DagRun]:
    return [run for run in airflow.api.runs(DAG_ID) if run.kind == kind]


def ended_months(airflow: AirflowProcesses) -> list[DagRun]:
    return [run for run in runs_of_type(airflow, "backfill") if run.is_final]


def wait_for_months(airflow: AirflowProcesses) -> Counter[str]:
    """Wait until all months have ended; return the maximum number of concurrent runs by state."""
    most: Counter[str] = Counter()

    def have_ended() -> bool:
        nonlocal most
        states = Counter(run.state for run in runs_of_type(airflow, "backfill"))
        most |= states
        return states["success"] + states["failed"] == MONTHS

    eventually(have_ended, f"{MONTHS} months have ended")
    return most


def jobs_of(batch: LocalBatchRegion, run: DagRun) -> dict[str, str]:
    """Return the parameter ``from`` of each job of a run by job id."""
    client = batch.client()
    prefix = JobIdentity(DAG_ID, run.run_id, "").run_prefix
    filters = [{"name": "JOB_NAME", "values": [f"{prefix}*"]}]
    listed = client.list_jobs(jobQueue=JOB_QUEUE, filters=filters)["jobSummaryList"]
    described = client.describe_jobs(jobs=[job["jobId"] for job in listed])["jobs"]
    return {job["jobId"]: job["parameters"]["from"] for job in described}
