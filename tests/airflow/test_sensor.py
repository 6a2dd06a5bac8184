"""The sensor in its three modes, in a real Airflow."""

from __future__ import annotations

from typing import Any

import pytest

from harness.airflow_processes import AirflowProcesses
from harness.local_batch import LocalBatchProcess
from tests.airflow.runs import RunUnderTest

MODES = ("poke", "reschedule", "deferrable")


def start(airflow: AirflowProcesses, batch: LocalBatchProcess, conf: dict[str, Any]) -> RunUnderTest:
    airflow.api.wait_for_dag("sensors")
    return RunUnderTest(airflow.api, batch.url, airflow.api.trigger("sensors", conf=conf))


@pytest.fixture(scope="module")
def succeeded(airflow: AirflowProcesses, local_batch: LocalBatchProcess) -> RunUnderTest:
    run = start(airflow, local_batch, {"seconds": 6})
    run.wait()
    return run


@pytest.fixture(scope="module")
def failed(airflow: AirflowProcesses, local_batch: LocalBatchProcess) -> RunUnderTest:
    run = start(airflow, local_batch, {"seconds": 4, "exit": 3})
    run.wait()
    return run


@pytest.mark.parametrize("mode", MODES)
def test_sensor_waits_for_its_last_job(succeeded: RunUnderTest, mode: str) -> None:
    task = succeeded.api.task_instance("sensors", succeeded.run.run_id, mode)
    job = succeeded.describe(succeeded.xcom("plain", "return_value"))

    assert task.state == "success"
    assert task.end is not None
    assert task.end.timestamp() * 1000 >= job["stoppedAt"]


@pytest.mark.parametrize("mode", MODES)
def test_sensor_fails_with_reason_of_failed_job(failed: RunUnderTest, mode: str) -> None:
    log = failed.log(mode)

    assert failed.states[mode] == "failed"
    assert "with exit code 3" in log


def test_logs_show_how_each_mode_waits(succeeded: RunUnderTest) -> None:
    logs = {mode: succeeded.log(mode) for mode in MODES}

    assert "up_for_reschedule" in logs["reschedule"].lower() or "reschedul" in logs["reschedule"].lower()
    assert "deferral" in logs["deferrable"].lower() or "defer" in logs["deferrable"].lower()
    assert "defer" not in logs["poke"].lower()
    assert "reschedul" not in logs["poke"].lower()
