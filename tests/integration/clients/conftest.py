import pytest

from tests.integration.clients.environment import PinnedEnvironment, pinned_environment


@pytest.fixture(scope="session")
def clients() -> PinnedEnvironment:
    """The AWS CLI and aiobotocore, with a botocore that both support."""
    return pinned_environment("clients")
