"""The log of Airflow's API server, in which a test must leave no traceback."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from harness.airflow_processes import API_SERVER, AirflowProcesses

_TRACEBACK = re.compile(r"^Traceback .*?(?=^\d{4}-|\Z)", re.MULTILINE | re.DOTALL)
"""A traceback with all errors that it names as causes, up to the next line with a time."""


@contextmanager
def no_traceback(airflow: AirflowProcesses) -> Iterator[None]:
    """Fail if the API server logs a traceback, unless it concerns a request of a killed worker."""
    log = airflow.settings.home / f"{API_SERVER}.log"
    start = log.stat().st_size
    yield
    assert unexpected_tracebacks(log.read_bytes()[start:].decode()) == []


def unexpected_tracebacks(log: str) -> list[str]:
    """Return the tracebacks in a log, except those that Starlette logs when a client has disconnected."""
    return [each for each in _TRACEBACK.findall(log) if not _is_disconnected_client(each)]


def _is_disconnected_client(traceback: str) -> bool:
    return "RuntimeError: No response returned." in traceback and "airflow_batch_provider" not in traceback
