"""A StatsD server that receives Airflow's metrics."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseRequestHandler, UDPServer


class StatsdListener(UDPServer):
    """
    A server on a free port that records the names of this provider's metrics.

    A line has the form ``name,tag=value,…:value|kind``: StatsD's format with InfluxDB's tags.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Datagram)
        self.names: set[str] = set()
        """Names with tags, without values."""

    @property
    def settings(self) -> dict[str, str]:
        """The Airflow settings that send metrics to this server."""
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
    """Run a listener in a thread."""
    with StatsdListener() as listener:
        thread = threading.Thread(target=listener.serve_forever, daemon=True)
        thread.start()
        try:
            yield listener
        finally:
            listener.shutdown()
            thread.join()
