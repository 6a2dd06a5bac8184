"""A job that AWS Batch refuses: its task asks again in each try, and succeeds when the cause is gone."""

from __future__ import annotations

import pytest

from harness.account import aws_client
from harness.airflow_processes import AirflowProcesses
from harness.local_batch import LocalBatchProcess
from tests.airflow.test_recovery import Recovery

RUNS = {
    "refused_at_once": "middle",
    "refused_per_job": "middle.submit",
    "refused_started": "middle",
}
"""The task that AWS Batch refuses, by DAG."""


@pytest.fixture(scope="module")
def runs(airflow: AirflowProcesses, local_batch: LocalBatchProcess) -> dict[str, Recovery]:
    """One run of each DAG, at the same time."""
    conf = {"definition": "registered-later"}
    return {dag_id: Recovery(airflow, local_batch.url, dag_id, conf) for dag_id in RUNS}


def test_refused_job_is_submitted_once_its_cause_is_gone_and_the_failed_tasks_are_cleared(
    runs: dict[str, Recovery], local_batch: LocalBatchProcess
) -> None:
    first_states = {dag_id: each.run.wait() for dag_id, each in runs.items()}
    refusals = {dag_id: runs[dag_id].run.log(task) for dag_id, task in RUNS.items()}
    counts = {dag_id: each.counts() for dag_id, each in runs.items()}
    states = {dag_id: runs[dag_id].run.states for dag_id in RUNS}
    tries = {dag_id: tries_of(runs[dag_id], task) for dag_id, task in RUNS.items()}

    aws_client("batch", local_batch.url).register_job_definition(
        jobDefinitionName="registered-later",
        type="container",
        containerProperties={"image": "busybox", "vcpus": 1, "memory": 64},
    )
    for each in runs.values():
        each.clear_failed()
    last_states = {dag_id: each.run.wait() for dag_id, each in runs.items()}

    assert first_states == dict.fromkeys(RUNS, "failed")
    for dag_id, task in RUNS.items():
        assert states[dag_id][task] == "failed"
        assert "JobDefinition name registered-later does not exist" in refusals[dag_id]
        assert "No retry: nothing changes until it exists; then clear the task" in refusals[dag_id]
    assert tries == dict.fromkeys(RUNS, 1)  # no retry was used
    assert all(each == {"first": 1, "middle": 0, "last": 0} for each in counts.values())
    assert last_states == dict.fromkeys(RUNS, "success")
    for each in runs.values():
        assert each.counts() == {"first": 1, "middle": 1, "last": 1}


def tries_of(recovery: Recovery, task_id: str) -> int:
    run = recovery.run.run
    return recovery.api.task_instance(run.dag_id, run.run_id, task_id).try_number
