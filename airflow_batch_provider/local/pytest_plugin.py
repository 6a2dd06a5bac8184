"""
Fixtures for the tests of any client of AWS Batch.

To be named in a ``conftest.py``: ``pytest_plugins = ["airflow_batch_provider.local.pytest_plugin"]``.
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
    """How the server is run; override this fixture to have other options."""
    return Options(runner="script", control=True, min_timeout_seconds=1, grace_seconds=1)


@pytest.fixture(scope="session")
def local_batch_server(local_batch_options: Options) -> Iterator[LocalBatch]:
    """The server that all tests of the session share."""
    with LocalBatch.start(local_batch_options) as server:
        yield server


@pytest.fixture
def local_batch(
    local_batch_server: LocalBatch, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LocalBatchRegion]:
    """
    A Region of a local Batch that no other test sees.

    While the test runs, every client of AWS finds it through the environment: endpoint, Region and
    credentials. What has been ordered through the control API is withdrawn afterwards.
    """
    region = LocalBatchRegion(local_batch_server.url, f"test-{next(_regions)}")
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in region.environment.items():
        monkeypatch.setenv(name, value)
    yield region
    region.withdraw()
