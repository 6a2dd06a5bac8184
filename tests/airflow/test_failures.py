"""Failures in Airflow: one readable sentence, and only the tasks whose jobs failed are marked failed."""

from __future__ import annotations

from typing import Any

import pytest

from harness.airflow_processes import AirflowProcesses
from harness.local_batch import LocalBatchProcess
from tests.airflow.runs import RunUnderTest


@pytest.fixture(scope="module")
def exit_three(airflow: AirflowProcesses, local_batch: LocalBatchProcess) -> RunUnderTest:
    return ended_run("exit_three", airflow, local_batch)


@pytest.fixture(scope="module")
def array_failure(airflow: AirflowProcesses, local_batch: LocalBatchProcess) -> RunUnderTest:
    return ended_run("array_failure", airflow, local_batch)


@pytest.fixture(scope="module")
def endings(
    airflow: AirflowProcesses, local_batch: LocalBatchProcess, tmp_path_factory: pytest.TempPathFactory
) -> RunUnderTest:
    marker = tmp_path_factory.mktemp("endings") / "child"
    return ended_run("endings", airflow, local_batch, marker=str(marker))


def ended_run(
    dag_id: str, airflow: AirflowProcesses, local_batch: LocalBatchProcess, **conf: Any
) -> RunUnderTest:
    airflow.api.wait_for_dag(dag_id)
    run = RunUnderTest(airflow.api, local_batch.url, airflow.api.trigger(dag_id, conf=conf))
    run.wait()
    return run


def test_failed_job_fails_task_and_run_and_blocks_downstream_tasks(exit_three: RunUnderTest) -> None:
    states = exit_three.states

    assert exit_three.wait() == "failed"
    assert states == {
        "submit": "success",
        "first": "success",
        "broken": "failed",
        "after": "upstream_failed",
        "last": "upstream_failed",
    }


def test_task_log_explains_failure_in_one_sentence(exit_three: RunUnderTest) -> None:
    job_id = exit_three.xcom("submit", "broken")

    log = exit_three.log("broken")

    assert (
        f"job 'broken' ({job_id}) failed on attempt 2 of 2 with exit code 3. "
        "Last log lines: reading prices | no prices for 1999-01"
    ) in log


def test_failed_array_job_lists_its_failed_children(array_failure: RunUnderTest) -> None:
    job_id = array_failure.xcom("submit", "some")

    log = array_failure.log("some")

    assert f"array job 'some' ({job_id}) failed: 2 of 4 children failed (indices 2-3)." in log
    assert f"job 'some:2' ({job_id}:2) failed on attempt 1 of 1 with exit code 1" in log


def test_rejected_job_fails_only_its_own_task(array_failure: RunUnderTest) -> None:
    states = array_failure.states

    assert states == {
        "submit": "success",
        "some": "failed",
        "refused": "failed",
        "behind_refused": "upstream_failed",
        "apart": "success",
    }
    assert "JobDefinition name no-such-definition does not exist" in array_failure.log("refused")


def test_array_retry_runs_only_failed_children(endings: RunUnderTest) -> None:
    first, second = (endings.log("healed", try_number=number) for number in (1, 2))

    assert endings.states == {
        "submit": "success",
        "healed": "success",
        "behind": "success",
        "unnecessary": "skipped",
    }
    assert "2 of 4 children failed (indices 2-3)" in first
    assert "Submitting 2 of the array's 4 children again: 2-3" in second
    result = endings.xcom("healed", "array")
    assert (result["size"], result["succeeded"], result["failed"]) == (4, 4, 0)
    assert endings.describe(endings.xcom("healed", "job_id"))["arrayProperties"]["size"] == 2


def test_exit_code_skips_task(endings: RunUnderTest) -> None:
    log = endings.log("unnecessary")

    assert endings.states["unnecessary"] == "skipped"
    assert "The task is skipped because of exit_codes: job 'unnecessary'" in log
    assert "with exit code 99. Last log lines: nothing to do" in log


def test_succeeded_job_updates_assets_it_produces(endings: RunUnderTest) -> None:
    (event,) = endings.asset_events("s3://insights/healed")

    assert event["source_task_id"] == "healed"
    assert event["extra"]["job_id"] == endings.xcom("healed", "job_id")
