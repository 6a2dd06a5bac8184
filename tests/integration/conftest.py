from collections.abc import Iterator

import pytest

from airflow_batch_provider.local.options import Options
from airflow_batch_provider.local.server import LocalBatch
from tests.integration.cloud import Cloud


@pytest.fixture(scope="session")
def process_server() -> Iterator[LocalBatch]:
    """A server that runs commands, with a grace period and a minimum timeout of one second."""
    with LocalBatch.start(Options(grace_seconds=1, min_timeout_seconds=1)) as local:
        yield local


@pytest.fixture(scope="session")
def script_server() -> Iterator[LocalBatch]:
    """A server that plays scripts, with the control API enabled."""
    with LocalBatch.start(Options(runner="script", control=True)) as local:
        yield local


@pytest.fixture
def cloud(process_server: LocalBatch) -> Cloud:
    """A Region of the server that runs commands, with queue ``q`` and definition ``d``."""
    cloud = Cloud(process_server.url)
    cloud.set_up()
    return cloud


@pytest.fixture
def stage(script_server: LocalBatch) -> Cloud:
    """A Region of the server that plays scripts, with queue ``q`` and definition ``d``."""
    cloud = Cloud(script_server.url)
    cloud.set_up()
    return cloud


@pytest.fixture
def empty(script_server: LocalBatch) -> Cloud:
    """An empty Region."""
    return Cloud(script_server.url)
