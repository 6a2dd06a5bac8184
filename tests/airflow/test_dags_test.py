"""``airflow dags test`` beside a triggerer that takes over the triggers of its tasks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from harness.airflow_processes import TRIGGERER, AirflowProcesses
from harness.local_batch import LocalBatchProcess
from tests.airflow.dags_test import trigger_log
from tests.airflow.deadline import eventually
from tests.airflow.runs import RunUnderTest
from tests.airflow_versions import notifies_triggers

REPOSITORY = Path(__file__).resolve().parents[2]


@notifies_triggers
def test_trigger_that_the_triggerer_drops_leaves_the_job_of_dag_test(
    airflow: AirflowProcesses, local_batch: LocalBatchProcess, tmp_path: Path
) -> None:
    airflow.api.wait_for_dag("tested")
    home, marker = airflow.settings.home, tmp_path / "marker"
    logs = home / "logs" / "dag_id=tested"
    program = [sys.executable, "-m", "tests.airflow.dags_test"]

    with (tmp_path / "output").open("w+") as output:
        testing = subprocess.Popen(
            [*program, str(logs), "first", "tested", "--conf", json.dumps({"marker": str(marker)})],
            env={**airflow.environment, "PYTHONPATH": str(REPOSITORY)},
            cwd=home,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        # A triggerer whose first call takes long decides after it has closed the task's log.
        eventually(
            lambda: (
                testing.poll() is not None
                or "were not terminated: it is queued" in trigger_log(logs, "first")
                or "were not terminated: it is queued" in (home / f"{TRIGGERER}.log").read_text()
            )
        )
        marker.touch()
        code = testing.wait(timeout=120)

    (run,) = airflow.api.runs("tested")
    assert (code, run.state) == (0, "success"), (tmp_path / "output").read_text()[-5000:]
    tested = RunUnderTest(airflow.api, local_batch.url, run)
    assert [jobs_of(tested, key) for key in ("first", "last")] == [["SUCCEEDED"]] * 2
    assert "Airflow cancelled this wait" in trigger_log(logs, "first")


def jobs_of(run: RunUnderTest, key: str) -> list[str]:
    """Return the statuses of all jobs with a job key; the reasons of those that failed."""
    return [job["statusReason"] if job["status"] == "FAILED" else job["status"] for job in run.jobs(key)]
