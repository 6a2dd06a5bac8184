"""A proxy before the local AWS Batch that accepts and refuses requests by their access key."""

from __future__ import annotations

import http.client
import json
import re
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from harness.airflow_api import AirflowApi
from harness.ports import LOOPBACK
from harness.process_environment import REGION

EXPIRED = ("ExpiredTokenException", "The security token included in the request is expired")
REFUSALS = (
    EXPIRED,
    ("UnrecognizedClientException", "The security token included in the request is invalid."),
    ("InvalidSignatureException", "The request signature we calculated does not match"),
    ("AccessDeniedException", "User is not authorized to perform: batch:DescribeJobs"),
)
_ACCESS_KEY = re.compile(r"Credential=([^/,]+)/")


class KeyProxy:
    """
    Forwards requests to an endpoint unless their access key is refused.

    All keys are accepted until ``refuse`` is called.
    """

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint = urlsplit(endpoint_url).netloc
        self._refusals: dict[str, tuple[str, str]] = {}
        self._server = ThreadingHTTPServer((LOOPBACK, 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://{LOOPBACK}:{self._server.server_address[1]}"
        self.accepted: Counter[tuple[str, str]] = Counter()
        """The number of forwarded requests by access key and path."""
        self.refused: Counter[tuple[str, str]] = Counter()
        """The number of refused requests by access key and path."""

    @contextmanager
    def running(self) -> Iterator[KeyProxy]:
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def refuse(self, access_key: str, refusal: tuple[str, str] = EXPIRED) -> None:
        """Answer the requests of an access key with an error code and a message."""
        self._refusals[access_key] = refusal

    def accept(self, access_key: str) -> None:
        """Forward the requests of an access key again."""
        self._refusals.pop(access_key, None)

    def answer(
        self, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Return status, headers and body of the response to a request."""
        found = _ACCESS_KEY.search(headers.get("Authorization", ""))
        access_key = found.group(1) if found else ""
        refusal = self._refusals.get(access_key)
        (self.accepted if refusal is None else self.refused)[access_key, path] += 1
        if refusal is not None:
            code, message = refusal
            text = json.dumps({"__type": code, "message": message}).encode()
            return 403, [("x-amzn-ErrorType", code), ("Content-Type", "application/json")], text
        return self.forward(path, headers, body)

    def forward(
        self, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Send a request to the endpoint and return its response."""
        connection = http.client.HTTPConnection(self._endpoint, timeout=60)
        try:
            connection.request("POST", path, body, dict(headers))
            response = connection.getresponse()
            return response.status, response.getheaders(), response.read()
        finally:
            connection.close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, headers, answer = proxy.answer(self.path, dict(self.headers), body)
                self.send_response(status)
                for name, value in headers:
                    if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


def define_connection(api: AirflowApi, conn_id: str, access_key: str, endpoint_url: str) -> None:
    """Create an Airflow connection in the database, as a user does."""
    api.call("POST", "/api/v2/connections", _connection(conn_id, access_key, endpoint_url))


def edit_connection(api: AirflowApi, conn_id: str, access_key: str, endpoint_url: str) -> None:
    """Change an Airflow connection in the database, as a user does."""
    api.call("PATCH", f"/api/v2/connections/{conn_id}", _connection(conn_id, access_key, endpoint_url))


def _connection(conn_id: str, access_key: str, endpoint_url: str) -> dict[str, object]:
    return {
        "connection_id": conn_id,
        "conn_type": "aws",
        "login": access_key,
        "password": "secret",
        "extra": json.dumps({"region_name": REGION, "endpoint_url": endpoint_url}),
    }
