"""Templates in the place of lists, mappings and numbers, and words that stay as written."""

from __future__ import annotations

from typing import Any

import pytest

from harness.airflow_processes import AirflowProcesses
from harness.local_batch import LocalBatchProcess
from tests.airflow.runs import RunUnderTest

RUN_SECONDS = 300

pytestmark = pytest.mark.timeout(2 * RUN_SECONDS)


@pytest.fixture(
    scope="module", params=[("templated", ""), ("templated_per_job", ".wait")], ids=["at_once", "per_job"]
)
def jobs(
    request: pytest.FixtureRequest, airflow: AirflowProcesses, scripted_batch: LocalBatchProcess
) -> dict[str, Any]:
    """The jobs of a finished run, by job key, and the run's ID."""
    dag_id, suffix = request.param
    airflow.api.wait_for_dag(dag_id)
    run = RunUnderTest(airflow.api, scripted_batch.url, airflow.api.trigger(dag_id))
    assert run.wait(RUN_SECONDS) == "success"
    described = {key: run.describe(run.xcom(key + suffix, "job_id")) for key in ("whole", "words")}
    return {**described, "run_id": run.run.run_id}


def test_templates_give_lists_mappings_and_numbers(jobs):
    job = jobs["whole"]

    assert job["container"]["command"] == ["run", "it's", "3"]
    assert {"name": "A", "value": "b"} in job["container"]["environment"]
    assert {"type": "MEMORY", "value": "1024"} in job["container"]["resourceRequirements"]
    assert job["tags"]["A"] == "b"
    assert job["arrayProperties"]["size"] == 2


def test_words_stay_as_written(jobs):
    text = f"echo ${{#f[@]}} {{# kept #}} {jobs['run_id']}\n"

    assert jobs["words"]["container"]["command"] == ["bash", "-c", text, "1.10", "['a']"]
