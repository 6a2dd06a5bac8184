"""Two years, month by month, and then again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from airflow_batch_provider.batch.naming import JobIdentity
from airflow_batch_provider.local.control_client import LocalBatchRegion
from demo.account import JOB_QUEUE
from demo.airflow_processes import AirflowProcesses
from demo.airflow_records import DagRun
from tests.soak.scene import eventually

START, END = datetime(2006, 1, 1, tzinfo=UTC), datetime(2007, 12, 31, tzinfo=UTC)
MONTHS = 24


def months_of(airflow: AirflowProcesses) -> list[DagRun]:
    return [run for run in airflow.api.runs("monthly") if run.kind == "backfill" and run.is_final]


def jobs_of(batch: LocalBatchRegion, run: DagRun) -> dict[str, str]:
    """The parameter ``from`` of each job of a run, by job id."""
    client = batch.client()
    prefix = JobIdentity("monthly", run.run_id, "").run_prefix
    filters = [{"name": "JOB_NAME", "values": [f"{prefix}*"]}]
    listed = client.list_jobs(jobQueue=JOB_QUEUE, filters=filters)["jobSummaryList"]
    described = client.describe_jobs(jobs=[job["jobId"] for job in listed])["jobs"]
    return {job["jobId"]: job["parameters"]["from"] for job in described}


def test_each_month_has_its_own_interval_and_a_second_backfill_has_new_jobs(
    airflow: AirflowProcesses, batch: LocalBatchRegion, record_property: pytest.RecordProperty
) -> None:
    airflow.api.wait_for_dag("monthly")
    airflow.api.create_backfill("monthly", START, END, conf={"seconds": 0})
    eventually(lambda: len(months_of(airflow)) == MONTHS, "24 months have ended")
    first = {run.run_id: jobs_of(batch, run) for run in months_of(airflow)}

    beside = airflow.api.trigger("monthly", conf={"seconds": 0})
    submitted = airflow.api.wait_for_task("monthly", beside.run_id, "submit", ["success"])
    eventually(lambda: again(airflow), "the first backfill is over")
    eventually(lambda: len(months_of(airflow)) == MONTHS, "24 months have ended again")
    second = {run.run_id: jobs_of(batch, run) for run in months_of(airflow)}

    record_property("submit beside the backfill started", str(submitted.start))
    for run in months_of(airflow):
        assert run.state == "success"
        assert run.data_interval_start is not None
        assert set(first[run.run_id].values()) == {run.data_interval_start.date().isoformat()}
        assert len(second[run.run_id]) == 2 * len(first[run.run_id]) == 4
    assert len({ids for run in second.values() for ids in run}) == 4 * MONTHS


def again(airflow: AirflowProcesses) -> bool:
    """Ask for the same months anew; Airflow refuses while it takes the first backfill for running."""
    from demo.airflow_api import AirflowApiError

    try:
        airflow.api.create_backfill("monthly", START, END, reprocess="completed", conf={"seconds": 0})
    except AirflowApiError:
        return False
    return True
