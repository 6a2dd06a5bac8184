"""The hand-written DAG: operators, a sensor and a workflow as a task group."""

from __future__ import annotations

from harness.airflow_processes import AirflowProcesses
from harness.local_batch import LocalBatchProcess
from tests.airflow.runs import RunUnderTest


def test_hand_written_dag_succeeds_and_chains_its_jobs(
    airflow: AirflowProcesses, local_batch: LocalBatchProcess
) -> None:
    airflow.api.wait_for_dag("hand_written")
    run = RunUnderTest(airflow.api, local_batch.url, airflow.api.trigger("hand_written"))

    state = run.wait()

    extract, load = (run.xcom(task, "return_value") for task in ("extract", "load"))
    assert state == "success"
    assert run.describe(load)["dependsOn"] == [{"jobId": extract}]
    assert run.describe(load)["arrayProperties"]["size"] == 3
    assert run.xcom("follow_load", "return_value") == load
    assert run.describe(run.xcom("report", "job_id"))["status"] == "SUCCEEDED"
    assert run.describe(run.xcom("a_to_f.F.wait", "job_id"))["status"] == "SUCCEEDED"
