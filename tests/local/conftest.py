import pytest

from airflow_batch_provider.local.lifecycle.retries import RetryStrategy
from tests.local.simulation import Simulation


@pytest.fixture
def simulation() -> Simulation:
    return Simulation()


@pytest.fixture
def two_attempts() -> dict[str, object]:
    """Submission settings for a job with two attempts."""
    return {"retry": RetryStrategy(attempts=2)}
