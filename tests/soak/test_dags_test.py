"""
``airflow dags test`` fifty times beside a busy Airflow.

A triggerer that looks between two statements of ``dag.test()`` takes over the trigger of a task that waits in
``dag.test()``, and drops it a second later. None of the jobs may be terminated for that.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

from airflow_batch_provider.local.control_client import LocalBatchRegion
from harness.airflow_processes import AirflowProcesses
from tests.airflow_versions import notifies_triggers
from tests.soak.run_under_test import RunUnderTest, wait_for_all_to_end
from tests.soak.shapes import KEYS, SUBMISSION_MODES

RUNS = 50
PARALLEL = 3
SECONDS_MAX = 14
"""Longer than a trigger that was dropped reads the state of its task."""
TIMEOUT_SECONDS = 600.0


@contextmanager
def other_runs(airflow: AirflowProcesses, batch: LocalBatchRegion) -> Iterator[None]:
    """Let other runs wait, succeed and start again at the same time."""
    is_over = Event()

    def keep_busy() -> None:
        while not is_over.is_set():
            started = [
                RunUnderTest.start(airflow.api, batch, f"{shape}_{mode}", keys, seconds=5)
                for shape, keys in KEYS.items()
                for mode in SUBMISSION_MODES
            ]
            wait_for_all_to_end(started)
            assert {tested.state() for tested in started} == {"success"}

    with ThreadPoolExecutor(1) as pool:
        busy = pool.submit(keep_busy)
        try:
            yield
        finally:
            is_over.set()
        busy.result()


@notifies_triggers
def test_fifty_runs_succeed_and_no_job_is_terminated(
    airflow: AirflowProcesses, batch: LocalBatchRegion
) -> None:
    for mode in SUBMISSION_MODES:
        airflow.api.wait_for_dag(f"tested_{mode}")
    durations = random.Random(13)
    calls = [(number, durations.uniform(0, SECONDS_MAX)) for number in range(RUNS)]

    with other_runs(airflow, batch), ThreadPoolExecutor(PARALLEL) as pool:
        outputs = list(pool.map(lambda call: dags_test(airflow, *call), calls))

    assert [output for output in outputs if output is not None] == []
    tested_runs = [
        RunUnderTest(airflow.api, batch, dag_id, KEYS["chain"], run, batch.client())
        for dag_id in (f"tested_{mode}" for mode in SUBMISSION_MODES)
        for run in airflow.api.runs(dag_id)
    ]
    assert [tested.state() for tested in tested_runs] == ["success"] * RUNS
    assert [tested.terminated() for tested in tested_runs] == [set()] * RUNS
    assert [set(tested.submitted().values()) for tested in tested_runs] == [{1}] * RUNS


def dags_test(airflow: AirflowProcesses, number: int, seconds: float) -> str | None:
    """Run one of the DAGs; return the end of the output if it fails."""
    dag_id = f"tested_{SUBMISSION_MODES[number % len(SUBMISSION_MODES)]}"
    conf = json.dumps({"seconds": seconds})
    ended = subprocess.run(
        [sys.executable, "-m", "airflow", "dags", "test", dag_id, "--conf", conf],
        env=airflow.environment,
        cwd=airflow.settings.home,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    return None if ended.returncode == 0 else (ended.stdout + ended.stderr)[-3000:]
