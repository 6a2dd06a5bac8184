"""Raw HTTP, for requests that boto3 does not send."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def send(url: str, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Reply:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=120)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        names = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, names, response.read())
    finally:
        connection.close()


def call(url: str, operation: str, params: Any) -> Reply:
    """Call an operation of AWS Batch without a signature."""
    return send(url, "POST", f"/v1/{operation.lower()}", json.dumps(params).encode())
