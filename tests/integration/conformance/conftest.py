from collections.abc import Iterator

import pytest

from airflow_batch_provider.local.server import LocalBatch
from tests.integration.cloud import Cloud
from tests.integration.conformance.director import Director


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "conformance(*numbers): the statements in docs/local-batch-conformance.md that a test checks",
    )


@pytest.fixture
def director(stage: Cloud, script_server: LocalBatch) -> Iterator[Director]:
    """Controls the jobs, the compute environments and the clock of ``stage``."""
    director = Director(script_server.url, stage.region)
    yield director
    director.clear_faults()


@pytest.fixture
def narrow(stage: Cloud) -> Cloud:
    """A Region whose queue ``q`` has room for one job."""
    stage.batch.update_compute_environment(computeEnvironment="ce", computeResources={"maxvCpus": 1})
    return stage
