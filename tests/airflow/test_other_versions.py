"""Trigger rows that another version of the package wrote, in a real Airflow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.account import aws_client
from harness.airflow_processes import TRIGGERER, AirflowProcesses
from harness.local_batch import LocalBatchProcess
from tests.airflow.deadline import eventually
from tests.airflow.runs import RunUnderTest

TASKS = ("moved", "sensor")


@pytest.fixture(scope="module")
def run(
    airflow: AirflowProcesses, local_batch: LocalBatchProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunUnderTest]:
    """A run whose tasks defer before the triggerer starts; its jobs end when both tasks wait again."""
    end: Path = tmp_path_factory.mktemp("jobs") / "end"
    for dag_id in ("other_versions", "this_version"):
        airflow.api.wait_for_dag(dag_id)
    airflow.service(TRIGGERER).stop()
    try:
        started = airflow.api.trigger("other_versions", conf={"end": str(end)})
        run = RunUnderTest(airflow.api, local_batch.url, started)
        for task_id in TASKS:
            run.wait_for_task(task_id, "deferred")
        # The last trigger must be one that stays: SQLite gives the ID of a deleted last row to the next
        # row, and Airflow considers the trigger of an ID that has failed to be running.
        other = airflow.api.trigger("this_version", conf={"end": str(end)})
        airflow.api.wait_for_task("this_version", other.run_id, "job", ["deferred"], timeout_seconds=180)
    finally:
        airflow.start(TRIGGERER)
    eventually(lambda: "does not know: added" in run.log("moved"))
    eventually(lambda: "continues with a new trigger" in run.log("sensor"))
    end.touch()
    assert run.wait() == "success"
    yield run
    # On SQLite, Airflow gives later triggers the IDs of those that failed here, and does not start them.
    airflow.service(TRIGGERER).stop()
    airflow.start(TRIGGERER)


@pytest.mark.parametrize("task_id", TASKS)
def test_a_task_whose_trigger_class_is_missing_waits_again_in_the_same_try(
    run: RunUnderTest, task_id: str
) -> None:
    task = run.api.task_instance(run.run.dag_id, run.run.run_id, task_id)

    assert "The task's trigger failed in the triggerer (ModuleNotFoundError" in run.log(task_id)
    assert task.try_number == 1


def test_no_job_is_submitted_twice(run: RunUnderTest, local_batch: LocalBatchProcess) -> None:
    job_id = run.xcom("moved", "job_id")
    of_any_epoch = run.describe(job_id)["jobName"].rpartition("-")[0] + "*"

    jobs = aws_client("batch", local_batch.url).list_jobs(
        jobQueue="etl", filters=[{"name": "JOB_NAME", "values": [of_any_epoch]}]
    )["jobSummaryList"]

    assert [job["jobId"] for job in jobs] == [job_id]
