"""Log lines of jobs, written into the CloudWatch Logs that stands beside."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Protocol

from airflow_batch_provider.local.arn import Place
from airflow_batch_provider.local.log_streams import LogDestination


class LogWriter(Protocol):
    """Takes the log lines of jobs."""

    def open(self, place: Place, destination: LogDestination) -> None:
        """Create the stream."""

    def write(self, place: Place, destination: LogDestination, lines: Sequence[str]) -> None:
        """Append lines; they can be read when this returns."""


class CloudWatchLogs:
    """
    Writes into moto's CloudWatch Logs, in the same process.

    Time stamps are the system's, not the movable clock's, since readers and moto compare them with
    the system's time. To create one imports moto, which takes a second.

    :param place: where the first lines are expected; what moto loads for them is loaded now.
    """

    def __init__(self, place: Place) -> None:
        from moto.logs.models import logs_backends

        self._accounts = logs_backends
        self._accounts[place.account_id][place.region]

    def open(self, place: Place, destination: LogDestination) -> None:
        backend = self._accounts[place.account_id][place.region]
        backend.ensure_log_group(destination.group)
        backend.ensure_log_stream(destination.group, destination.stream)

    def write(self, place: Place, destination: LogDestination, lines: Sequence[str]) -> None:
        groups = self._accounts[place.account_id][place.region].groups
        if destination.group not in groups or destination.stream not in groups[destination.group].streams:
            self.open(place, destination)
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": line} for line in lines if line]
        groups[destination.group].put_log_events(destination.stream, events)
