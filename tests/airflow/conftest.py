"""A local AWS Batch and a real Airflow, shared by the tests in this folder."""

import shutil
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from harness.account import set_up_account
from harness.airflow_processes import AirflowProcesses
from harness.airflow_settings import AirflowSettings, aws_connection
from harness.lifeline import Lifeline
from harness.local_batch import LocalBatchProcess
from tests import airflow_policy
from tests.airflow.statsd import StatsdListener, listening

REPOSITORY = Path(__file__).resolve().parents[2]


PROCESSES: pytest.StashKey[ExitStack] = pytest.StashKey()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """Stop the processes after the last test in this folder, before tests in other folders start."""
    try:
        yield
    finally:
        own_items = [other for other in item.session.items if Path(__file__).parent in other.path.parents]
        if item is own_items[-1] and PROCESSES in item.session.stash:
            item.session.stash[PROCESSES].close()


@pytest.fixture(scope="session")
def processes(request: pytest.FixtureRequest) -> Iterator[ExitStack]:
    """An exit stack that is closed after the last test in this folder."""
    with ExitStack() as stack:
        request.session.stash[PROCESSES] = stack
        yield stack


@pytest.fixture(scope="session")
def lifeline(processes: ExitStack) -> Lifeline:
    """Stops the processes even if pytest is killed."""
    line = Lifeline()
    processes.callback(line.release)
    return line


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def local_batch(home: Path, processes: ExitStack, lifeline: Lifeline) -> LocalBatchProcess:
    """A local AWS Batch with the demo's resources; `.url` is the endpoint of all services."""
    programs = REPOSITORY / "dags" / "programs"
    batch = processes.enter_context(LocalBatchProcess(home, python_path=[programs], lifeline=lifeline))
    set_up_account(batch.url, REPOSITORY / "dags" / "data" / "stocks.csv")
    return batch


@pytest.fixture(scope="session")
def scripted_batch(home: Path, processes: ExitStack, lifeline: Lifeline) -> LocalBatchProcess:
    """A local AWS Batch that simulates its jobs; the connection `aws_scripted` points to it."""
    batch = processes.enter_context(LocalBatchProcess(home / "scripted", runner="script", lifeline=lifeline))
    set_up_account(batch.url, REPOSITORY / "dags" / "data" / "stocks.csv")
    return batch


@pytest.fixture(scope="session")
def dags_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copies of the repository's and the tests' DAGs; tests may add files, including broken ones."""
    folder = tmp_path_factory.mktemp("airflow") / "dags"
    shutil.copytree(REPOSITORY / "dags", folder)
    return shutil.copytree(Path(__file__).with_name("dags"), folder, dirs_exist_ok=True)


@pytest.fixture(scope="session")
def statsd(processes: ExitStack) -> StatsdListener:
    """The StatsD server to which Airflow sends its metrics."""
    return processes.enter_context(listening())


@pytest.fixture(scope="session")
def airflow(
    home: Path,
    dags_folder: Path,
    local_batch: LocalBatchProcess,
    scripted_batch: LocalBatchProcess,
    statsd: StatsdListener,
    processes: ExitStack,
    lifeline: Lifeline,
) -> AirflowProcesses:
    """A complete Airflow whose connection `aws_default` points to the local AWS Batch."""
    airflow_policy.install(home)
    settings = AirflowSettings(
        home=home,
        dags_folder=dags_folder,
        aws_endpoint_url=local_batch.url,
        environment={
            **statsd.settings,
            "AIRFLOW__BATCH_PROVIDER__ENVIRONMENT": "tests",
            "AIRFLOW_CONN_AWS_SCRIPTED": aws_connection(scripted_batch.url),
            # Parsing dozens of files repeatedly is expensive; a changed file is parsed immediately.
            "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "100",
        },
    )
    return processes.enter_context(AirflowProcesses(settings, lifeline=lifeline))
