"""One local AWS Batch and one real Airflow for all tests of this folder."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.account import create_account
from demo.airflow_processes import AirflowProcesses
from demo.airflow_settings import AirflowSettings, aws_connection
from demo.lifeline import Lifeline
from demo.local_batch import LocalBatchProcess

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def lifeline() -> Iterator[Lifeline]:
    """End the processes also when pytest is killed."""
    line = Lifeline()
    yield line
    line.release()


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def local_batch(home: Path, lifeline: Lifeline) -> Iterator[LocalBatchProcess]:
    """A local AWS Batch with the demo's account in it; `.url` is the endpoint of all services."""
    programs = REPOSITORY / "dags" / "programs"
    with LocalBatchProcess(home, python_path=[programs], lifeline=lifeline) as batch:
        create_account(batch.url, REPOSITORY / "dags" / "data" / "stocks.csv")
        yield batch


@pytest.fixture(scope="session")
def scripted_batch(home: Path, lifeline: Lifeline) -> Iterator[LocalBatchProcess]:
    """Another one, which plays its jobs; the connection `aws_scripted` leads there."""
    with LocalBatchProcess(home / "scripted", runner="script", lifeline=lifeline) as batch:
        create_account(batch.url, REPOSITORY / "dags" / "data" / "stocks.csv")
        yield batch


@pytest.fixture(scope="session")
def dags_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copies of the repository's and the tests' DAGs: tests may add files, and files that are broken."""
    folder = tmp_path_factory.mktemp("airflow") / "dags"
    shutil.copytree(REPOSITORY / "dags", folder)
    return shutil.copytree(Path(__file__).with_name("dags"), folder, dirs_exist_ok=True)


@pytest.fixture(scope="session")
def airflow(
    home: Path,
    dags_folder: Path,
    local_batch: LocalBatchProcess,
    scripted_batch: LocalBatchProcess,
    lifeline: Lifeline,
) -> Iterator[AirflowProcesses]:
    """A whole Airflow whose connection `aws_default` leads to the local Batch."""
    settings = AirflowSettings(
        home=home,
        dags_folder=dags_folder,
        aws_endpoint_url=local_batch.url,
        environment={"AIRFLOW_CONN_AWS_SCRIPTED": aws_connection(scripted_batch.url)},
    )
    with AirflowProcesses(settings, lifeline=lifeline) as processes:
        yield processes
