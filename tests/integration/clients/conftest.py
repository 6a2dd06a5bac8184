import pytest

from tests.integration.clients.environment import ClientEnvironment, client_environment


@pytest.fixture(scope="session")
def clients() -> ClientEnvironment:
    """The AWS CLI and aiobotocore, with a botocore that they get on with."""
    return client_environment()
