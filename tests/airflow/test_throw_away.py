"""Resources that a setup task creates for one run and a teardown task deletes."""

from __future__ import annotations

import re
from pathlib import Path

from harness.account import aws_client
from harness.airflow_processes import AirflowProcesses
from harness.local_batch import LocalBatchProcess
from tests.airflow.runs import RunUnderTest

DAG_FILE = Path(__file__).with_name("dags") / "throw_away.py"
PAGE = Path(__file__).parents[2] / "docs" / "resources.md"


def test_dag_matches_documentation_example() -> None:
    (example,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)

    assert DAG_FILE.read_text().endswith(example)


def test_run_creates_and_deletes_its_resources(
    airflow: AirflowProcesses, local_batch: LocalBatchProcess
) -> None:
    airflow.api.wait_for_dag("throw_away")
    run = RunUnderTest(airflow.api, local_batch.url, airflow.api.trigger("throw_away"))

    state = run.wait()

    batch = aws_client("batch", local_batch.url)
    assert state == "success"
    assert run.xcom("apply", "return_value") == [
        "created compute environment 'throw-away'",
        "created job queue 'throw-away'",
        "created job definition 'throw-away'",
    ]
    assert batch.describe_job_queues(jobQueues=["throw-away"])["jobQueues"] == []
    found = batch.describe_compute_environments(computeEnvironments=["throw-away"])
    assert found["computeEnvironments"] == []
    active = batch.describe_job_definitions(jobDefinitionName="throw-away", status="ACTIVE")
    assert active["jobDefinitions"] == []
