"""Another version of the package takes over while a hundred tasks wait: an upgrade and a rollback."""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from airflow_batch_provider.local.control_client import LocalBatchRegion
from harness.airflow_processes import AirflowProcesses
from harness.airflow_settings import AirflowSettings
from harness.lifeline import Lifeline
from harness.local_batch import LocalBatchProcess
from harness.postgres import PostgresProcess
from harness.process_environment import REGION
from tests.soak.conftest import REPOSITORY, SHORT_INTERVALS
from tests.soak.run_under_test import TIMEOUT_SECONDS, eventually
from tests.soak.test_many import BulkRun

LAST_VERSION: Final = "391217c"
"""The commit of the last version whose rows this version reads, and which reads this version's rows."""

WAITING: Final = {"at_once": 20, "per_job": 10, "started": 45, "started_per_job": 10, "sensed": 15}
"""The number of tasks that wait, by DAG."""
JOBS: Final = {"at_once": 21, "per_job": 11, "started": 46, "started_per_job": 11, "sensed": 1}

_SECRETS: Final = ("AIRFLOW__CORE__FERNET_KEY", "AIRFLOW__API__SECRET_KEY", "AIRFLOW__API_AUTH__JWT_SECRET")


@pytest.fixture(scope="module")
def last_version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the package of the last version; a shallow clone does not have it."""
    command = ["git", "archive", LAST_VERSION, "airflow_batch_provider"]
    archive = subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=False)
    assert archive.returncode == 0, (
        f"the repository does not have commit {LAST_VERSION}; run: git fetch --unshallow"
    )
    folder = tmp_path_factory.mktemp("last_version")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")
    return folder


@pytest.mark.parametrize("is_upgrade", [True, False], ids=["upgrade", "rollback"])
def test_100_waiting_tasks_end_right_in_another_version(
    last_version: Path, tmp_path: Path, batch_process: LocalBatchProcess, lifeline: Lifeline, is_upgrade: bool
) -> None:
    versions = (last_version, REPOSITORY) if is_upgrade else (REPOSITORY, last_version)

    check_takeover(*versions, home=tmp_path, batch_process=batch_process, lifeline=lifeline)


def check_takeover(
    before: Path, after: Path, *, home: Path, batch_process: LocalBatchProcess, lifeline: Lifeline
) -> None:
    """
    Let 100 tasks wait with one version of the package, and let another version end them.

    :param before: the folder of the first version's package.
    :param after: the folder of the second version's package.
    """
    batch = LocalBatchRegion(batch_process.url, REGION)
    with PostgresProcess(lifeline) as postgres:
        settings = AirflowSettings(
            home=home / "airflow",
            dags_folder=Path(__file__).with_name("dags_of_versions"),
            aws_endpoint_url=batch_process.url,
            database_url=postgres.url,
            environment=SHORT_INTERVALS,
        )
        with airflow_with(before, settings, lifeline) as airflow:
            secrets = {name: airflow.environment[name] for name in _SECRETS}
            runs = {dag_id: BulkRun(airflow, batch, dag_id) for dag_id in WAITING}
            for dag_id, run in runs.items():
                run.wait_deferred(WAITING[dag_id])
        with airflow_with(after, settings, lifeline, secrets) as airflow:
            for run in runs.values():
                run.api = airflow.api
            batch.advance_clock(3600)
            eventually(lambda: all(only_after_waits(run) for run in runs.values()), "only 'after' waits")
            batch.advance_clock(3600)
            for dag_id, run in runs.items():
                check_ended(dag_id, run)


@contextmanager
def airflow_with(
    package: Path, settings: AirflowSettings, lifeline: Lifeline, secrets: Mapping[str, str] | None = None
) -> Iterator[AirflowProcesses]:
    """Run Airflow with the package in a folder, until its DAGs come from this package."""
    environment = {**settings.environment, **(secrets or {}), "PYTHONPATH": str(package)}
    with AirflowProcesses(replace(settings, environment=environment), lifeline=lifeline) as airflow:
        expected = {dag_id: [package.name] for dag_id in WAITING}
        eventually(lambda: versions_of_dags(airflow) == expected, f"the DAGs come from {package}")
        yield airflow


def versions_of_dags(airflow: AirflowProcesses) -> dict[str, list[str]]:
    """Return, for each DAG, the name of the folder whose package built it."""
    dags = airflow.api.call("GET", "/api/v2/dags", limit=100)["dags"]
    return {dag["dag_id"]: [tag["name"] for tag in dag["tags"]] for dag in dags}


def only_after_waits(run: BulkRun) -> bool:
    """Return whether all tasks have succeeded, except for one that waits for the last job."""
    states = run.states()
    del states["success"]
    return states in ({}, {"deferred": 1})


def check_ended(dag_id: str, run: BulkRun) -> None:
    """Check that a run succeeds with the first try of each task, and with one job per job key."""
    ended = run.api.wait_for_run(dag_id, run.run.run_id, timeout_seconds=TIMEOUT_SECONDS)
    tasks = run.api.task_instances(dag_id, run.run.run_id)
    jobs = run.jobs()

    assert ended.state == "success"
    assert {(task.state, task.try_number) for task in tasks} == {("success", 1)}
    assert len({job["jobName"] for job in jobs}) == len(jobs) == JOBS[dag_id]
    assert {(job["status"], job.get("isTerminated", False)) for job in jobs} == {("SUCCEEDED", False)}
