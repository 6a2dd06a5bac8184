"""``airflow dags test`` beside a triggerer that takes over the triggers of its tasks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from airflow_batch_provider.following.identity import JobIdentity
from harness.account import JOB_QUEUE, aws_client
from harness.airflow_processes import AirflowProcesses
from harness.local_batch import LocalBatchProcess
from tests.airflow.dags_test import trigger_logs
from tests.airflow.deadline import eventually
from tests.airflow_versions import notifies_triggers

REPOSITORY = Path(__file__).resolve().parents[2]
TASKS = ("first", "middle", "last")


@notifies_triggers
def test_triggers_that_the_triggerer_drops_leave_the_jobs_of_dag_test(
    airflow: AirflowProcesses, local_batch: LocalBatchProcess
) -> None:
    airflow.api.wait_for_dag("tested")
    logs = airflow.settings.home / "logs" / "dag_id=tested"

    ended = subprocess.run(
        [sys.executable, "-m", "tests.airflow.dags_test", str(logs), ",".join(TASKS), "tested"],
        env={**airflow.environment, "PYTHONPATH": str(REPOSITORY)},
        cwd=airflow.settings.home,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    (run,) = airflow.api.runs("tested")
    assert (ended.returncode, run.state) == (0, "success"), ended.stdout[-5000:] + ended.stderr[-5000:]
    assert [jobs_of(local_batch, run.run_id, key) for key in TASKS] == [["SUCCEEDED"]] * len(TASKS)
    (log,) = trigger_logs(logs, "first")
    eventually(lambda: "The jobs of this task were not terminated: it is queued" in log.read_text())


def jobs_of(local_batch: LocalBatchProcess, run_id: str, key: str) -> list[str]:
    """Return the statuses of all jobs with a job key; the reasons of those that failed."""
    batch: Any = aws_client("batch", local_batch.url)
    filters = [{"name": "JOB_NAME", "values": [f"{JobIdentity('tested', run_id, key).job_prefix}*"]}]
    listed = batch.list_jobs(jobQueue=JOB_QUEUE, filters=filters)["jobSummaryList"]
    return [job["statusReason"] if job["status"] == "FAILED" else job["status"] for job in listed]
