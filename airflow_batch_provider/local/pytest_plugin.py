"""
pytest fixtures for testing any AWS Batch client.

Enable them in a ``conftest.py``: ``pytest_plugins = ["airflow_batch_provider.local.pytest_plugin"]``.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Final

import pytest

from airflow_batch_provider.local.control_client import LocalBatchRegion
from airflow_batch_provider.local.options import Options
from airflow_batch_provider.local.server import LocalBatch

VARIABLES: Final = ("AWS_PROFILE", "AWS_SESSION_TOKEN")
_regions = count(1)


@pytest.fixture(scope="session")
def local_batch_options() -> Options:
    """The options of the server; override this fixture to change them."""
    return Options(runner="script", control=True, min_timeout_seconds=1, grace_seconds=1)


@pytest.fixture(scope="session")
def local_batch_server(local_batch_options: Options) -> Iterator[LocalBatch]:
    """The server, shared by all tests of the session."""
    with LocalBatch.start(local_batch_options) as server:
        yield server


@pytest.fixture
def local_batch(
    local_batch_server: LocalBatch, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LocalBatchRegion]:
    """
    A Region of a local Batch for one test alone.

    While the test runs, environment variables point every AWS client at this Region: endpoint, Region and
    credentials. Faults and scripts that the test sets are removed afterwards.
    """
    region = LocalBatchRegion(local_batch_server.url, f"test-{next(_regions)}")
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in region.environment.items():
        monkeypatch.setenv(name, value)
    yield region
    region.clear_faults_and_scripts()
