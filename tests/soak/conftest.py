"""Airflow on PostgreSQL with two triggerers, and a local AWS Batch with scripts and faults."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from airflow_batch_provider.local.control_client import LocalBatchRegion
from harness.account import COMPUTE_ENVIRONMENT, set_up_account
from harness.airflow_processes import AirflowProcesses
from harness.airflow_settings import AirflowSettings
from harness.lifeline import Lifeline
from harness.local_batch import LocalBatchProcess
from harness.postgres import PostgresProcess
from harness.process_environment import REGION
from tests import airflow_policy

pytest.register_assert_rewrite("tests.soak.run_under_test")

REPOSITORY = Path(__file__).resolve().parents[2]

SHORT_INTERVALS = {
    # Seconds until another triggerer takes over from one without heartbeat.
    "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "15",
    # On a busy machine, a scheduler can be up to a minute late without being dead.
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "60",
    # Seconds between a scheduler's checks for tasks of a scheduler without heartbeat.
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "10",
    # Hundreds of tasks call the API server at the same time.
    "AIRFLOW__DATABASE__SQL_ALCHEMY_POOL_SIZE": "20",
    # The DAG files never change.
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "600",
}


@pytest.fixture(scope="package")
def lifeline() -> Iterator[Lifeline]:
    """Stop the processes even if pytest is killed."""
    line = Lifeline()
    yield line
    line.release()


@pytest.fixture(scope="package")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reliability")


@pytest.fixture(scope="package")
def batch_process(home: Path, lifeline: Lifeline) -> Iterator[LocalBatchProcess]:
    with LocalBatchProcess(home, runner="script", control=True, lifeline=lifeline) as process:
        set_up_account(process.url, REPOSITORY / "dags" / "data" / "stocks.csv")
        region = LocalBatchRegion(process.url, REGION)
        region.client().update_compute_environment(
            computeEnvironment=COMPUTE_ENVIRONMENT, computeResources={"maxvCpus": 2000}
        )
        yield process


@pytest.fixture(scope="package")
def batch(batch_process: LocalBatchProcess) -> LocalBatchRegion:
    return LocalBatchRegion(batch_process.url, REGION)


@pytest.fixture(scope="package")
def dags_folder(home: Path) -> Path:
    return Path(shutil.copytree(Path(__file__).with_name("dags"), home / "dags"))


@pytest.fixture(scope="package")
def airflow(
    home: Path, dags_folder: Path, batch_process: LocalBatchProcess, lifeline: Lifeline
) -> Iterator[AirflowProcesses]:
    airflow_policy.install(home / "airflow")
    with PostgresProcess(lifeline) as postgres:
        settings = AirflowSettings(
            home=home / "airflow",
            dags_folder=dags_folder,
            aws_endpoint_url=batch_process.url,
            database_url=postgres.url,
            triggerers=2,
            environment=SHORT_INTERVALS,
        )
        with AirflowProcesses(settings, lifeline=lifeline) as processes:
            yield processes
