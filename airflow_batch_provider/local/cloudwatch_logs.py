"""Writes the log lines of jobs to moto's CloudWatch Logs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from airflow_batch_provider.local.arn import Location
    from airflow_batch_provider.local.log_streams import LogDestination


class LogWriter(Protocol):
    """Stores the log lines of jobs."""

    def open(self, location: Location, destination: LogDestination) -> None:
        """Create the stream."""

    def write(self, location: Location, destination: LogDestination, lines: Sequence[str]) -> None:
        """Append lines. Readers see them as soon as this returns."""


class CloudWatchLogs:
    """
    Writes to moto's CloudWatch Logs in this process.

    Timestamps come from the system's clock, not from the adjustable one, because readers and moto compare
    them with the system's time. Creating an instance imports moto, which takes about a second.

    :param location: a location whose backend is loaded now, so that the first log line does not wait for it.
    """

    def __init__(self, location: Location) -> None:
        from moto.logs.models import logs_backends

        self._accounts = logs_backends
        self._accounts[location.account_id][location.region]

    def open(self, location: Location, destination: LogDestination) -> None:
        backend = self._accounts[location.account_id][location.region]
        backend.ensure_log_group(destination.group)
        backend.ensure_log_stream(destination.group, destination.stream)

    def write(self, location: Location, destination: LogDestination, lines: Sequence[str]) -> None:
        groups = self._accounts[location.account_id][location.region].groups
        if destination.group not in groups or destination.stream not in groups[destination.group].streams:
            self.open(location, destination)
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": line} for line in lines if line]
        groups[destination.group].put_log_events(destination.stream, events)
