"""The other end of Airflow's metrics."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseRequestHandler, UDPServer


class StatsdListener(UDPServer):
    """
    Keeps the names of this provider's metrics that arrive at a free port.

    A line is ``name,tag=value,…:value|kind``: StatsD's with the tags of InfluxDB.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Datagram)
        self.names: set[str] = set()
        """With their tags, without values."""

    @property
    def settings(self) -> dict[str, str]:
        """What tells Airflow to send its metrics here."""
        host, port = self.server_address
        settings = {"ON": "True", "HOST": str(host), "PORT": str(port), "INFLUXDB_ENABLED": "True"}
        return {f"AIRFLOW__METRICS__STATSD_{name}": value for name, value in settings.items()}


class _Datagram(BaseRequestHandler):
    server: StatsdListener

    def handle(self) -> None:
        lines = self.request[0].decode().splitlines()
        self.server.names.update(line.partition(":")[0] for line in lines if "batch_provider" in line)


@contextmanager
def listening() -> Iterator[StatsdListener]:
    """Listen in a thread."""
    with StatsdListener() as listener:
        thread = threading.Thread(target=listener.serve_forever, daemon=True)
        thread.start()
        try:
            yield listener
        finally:
            listener.shutdown()
            thread.join()
