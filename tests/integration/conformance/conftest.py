from collections.abc import Iterator

import pytest

from airflow_batch_provider.local.server import LocalBatch
from tests.integration.cloud import Cloud
from tests.integration.conformance.director import Director


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "conformance(*numbers): statements of docs/local-batch-conformance.md that a test proves"
    )


@pytest.fixture
def director(stage: Cloud, script_server: LocalBatch) -> Iterator[Director]:
    """Decides how the jobs of ``stage`` go, and what time it is."""
    director = Director(script_server.url, stage.region)
    yield director
    director.forgive()


@pytest.fixture
def narrow(stage: Cloud) -> Cloud:
    """A Region whose queue ``q`` has room for one job, which runs until it is ended."""
    stage.batch.update_compute_environment(computeEnvironment="ce", computeResources={"maxvCpus": 1})
    return stage
