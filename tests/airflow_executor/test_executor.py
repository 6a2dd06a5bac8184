"""The unmodified AwsBatchExecutor of Airflow's amazon provider."""

from harness.account import aws_client
from harness.airflow_processes import AirflowProcesses
from harness.local_batch import LocalBatchProcess
from tests.airflow.deadline import eventually


def test_each_task_runs_as_a_job(airflow: AirflowProcesses, local_batch: LocalBatchProcess) -> None:
    api = airflow.api
    api.wait_for_dag("on_batch")
    run = api.trigger("on_batch")

    ended = api.wait_for_run("on_batch", run.run_id, timeout_seconds=180)

    states = {task.task_id: task.state for task in api.task_instances("on_batch", run.run_id)}
    assert ended.state == "failed"
    assert states == {"extract": "success", "report": "success", "fail": "failed"}
    extracted_by, reported_by = api.xcoms("on_batch", run.run_id, "report")["return_value"]
    batch = aws_client("batch", local_batch.url)

    def have_succeeded() -> bool:
        jobs = batch.describe_jobs(jobs=[extracted_by, reported_by])["jobs"]
        return [(job["jobName"], job["status"]) for job in jobs] == 2 * [("airflow-task", "SUCCEEDED")]

    assert eventually(have_succeeded)
