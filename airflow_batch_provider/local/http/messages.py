"""HTTP requests and responses, reduced to what the handlers use."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from airflow_batch_provider.local.errors import ServiceError


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """
    An HTTP request.

    :param raw_path: the path without the query, still percent-encoded.
    """

    method: str
    raw_path: str
    query: str
    body: bytes


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An HTTP response with a JSON body."""

    status: int
    headers: dict[str, str]
    body: bytes


def aws_response(status: int, body: bytes, headers: dict[str, str] | None = None) -> HttpResponse:
    """Return a response with the headers that every AWS response has."""
    common = {"Content-Type": "application/json", "x-amzn-RequestId": str(uuid4())}
    return HttpResponse(status, {**common, **(headers or {})}, body)


def aws_json_response(status: int, value: Any, headers: dict[str, str] | None = None) -> HttpResponse:
    """Return an AWS response whose body is ``value`` as JSON."""
    return aws_response(status, json.dumps(value, separators=(",", ":")).encode(), headers)


def aws_error_response(error: ServiceError) -> HttpResponse:
    """Return the AWS response for an error."""
    headers = {"x-amzn-ErrorType": error.code}
    return aws_json_response(error.http_status, {"message": error.message}, headers)
