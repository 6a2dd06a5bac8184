"""A job that depends on more jobs than AWS Batch accepts is submitted once enough of them have succeeded."""

from __future__ import annotations

import re

import pytest

from harness.airflow_processes import AirflowProcesses
from harness.local_batch import LocalBatchProcess
from tests.airflow.runs import RunUnderTest

TASKS = ("deferred", "in_worker", "submitted")


@pytest.fixture(params=[0, 1], ids=["all succeed", "one fails"], scope="module")
def ended(
    request: pytest.FixtureRequest, airflow: AirflowProcesses, scripted_batch: LocalBatchProcess
) -> RunUnderTest:
    airflow.api.wait_for_dag("many_dependencies")
    triggered = airflow.api.trigger("many_dependencies", conf={"last_exit_code": request.param})
    run = RunUnderTest(airflow.api, scripted_batch.url, triggered)
    run.wait()
    return run


def test_surplus_dependencies_are_waited_for(ended: RunUnderTest) -> None:
    many = [ended.describe(job_id) for job_id in ended.xcom("submit_many", "return_value")]
    published = [ended.xcom(task, "job_id") or ended.xcom(task, "return_value") for task in TASKS]
    jobs = [ended.describe(job_id) for job_id in published]
    ends = [job["stoppedAt"] for job in many if "stoppedAt" in job]  # after a failure, others still run
    has_failure = any(job["status"] == "FAILED" for job in many)

    assert {ended.states[task] for task in TASKS[:2]} == {"failed" if has_failure else "success"}
    for job in jobs:
        assert len(job["dependsOn"]) <= 20
        assert job["createdAt"] >= min(ends)
        if has_failure:
            assert (job["status"], job["statusReason"]) == ("FAILED", "Dependent Job failed")
        else:
            assert len(ends) == len(many)
            assert job["startedAt"] >= max(ends)
    # A task that looks after the failed job has ended does not wait. The others
    # wait for 4 jobs, or for 3 if one has succeeded already.
    for task in TASKS if not has_failure else ():
        assert re.search("AWS Batch accepts 20. Waiting for [34] of them", ended.log(task))
