"""AWS Batch's rest-json protocol: HTTP requests to operations, their results to HTTP answers."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs
from uuid import uuid4

from airflow_batch_provider.local.api.operations import OPERATIONS
from airflow_batch_provider.local.api.request import Encoded, Request, Rules
from airflow_batch_provider.local.errors import (
    ClientException,
    NotImplementedException,
    ServerException,
    ServiceError,
    UnknownOperationException,
)
from airflow_batch_provider.local.region import Region
from airflow_batch_provider.local.service_model import Route, ServiceModel
from airflow_batch_provider.local.shapes import Serializer, check_input, serializer_for

log = logging.getLogger(__name__)

Executed = Callable[[str, Request, Mapping[str, Any]], None]
MAX_DEPTH_ERROR: Final = "The request body is nested too deeply."


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """
    What matters of an HTTP request.

    :param raw_path: still percent-encoded, without the query.
    """

    method: str
    raw_path: str
    query: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer with a JSON body."""

    status: int
    headers: dict[str, str]
    body: bytes


def _ignore(_operation: str, _request: Request, _result: Mapping[str, Any]) -> None:
    """Note nothing."""


class BatchApi:
    """
    Answers the operations of AWS Batch.

    :param rules: limits that the server's options loosen.
    :param executed: told of every operation that may have changed something: its name, input and result.
    """

    def __init__(self, model: ServiceModel, rules: Rules, executed: Executed = _ignore) -> None:
        self._model = model
        self._rules = rules
        self._executed = executed
        self._serializers: dict[str, Serializer] = {}
        self._told: set[str] = set()

    def operation_of(self, request: HttpRequest) -> str:
        """Return the name of the operation, for the record; the path if there is none."""
        route = self._model.route(request.method, request.raw_path)
        return request.raw_path if route is None else route.operation

    def answer(self, request: HttpRequest, region: Region, now: int) -> Answer:
        """Answer a request; whatever is wrong with it becomes an error answer."""
        try:
            route = self._model.route(request.method, request.raw_path)
            if route is None:
                raise UnknownOperationException(
                    f"No operation of AWS Batch at {request.method} {request.raw_path}."
                )
            return self._execute(route, request, region, now)
        except ServiceError as error:
            return error_answer(error)
        except Exception:
            log.exception("%s %s failed", request.method, request.raw_path)
            return error_answer(ServerException("The local AWS Batch endpoint failed; its log says why."))

    def _execute(self, route: Route, request: HttpRequest, region: Region, now: int) -> Answer:
        operation = OPERATIONS.get(route.operation)
        if operation is None:
            self._tell_not_implemented(route.operation)
            raise NotImplementedException(route.operation)
        params = {**_read_body(request.body), **_read_query(request.query), **route.in_path}
        shape = self._model.input_shape(route.operation)
        checked = {} if shape is None else check_input(shape, params, route.operation)
        asked = Request(region, now, checked, len(request.body), self._rules)
        result = operation(asked)
        if isinstance(result, Encoded):
            return _answer(200, result.body)
        self._executed(route.operation, asked, result)
        return json_answer(200, self._serialize(route.operation, result))

    def _serialize(self, operation: str, result: dict[str, Any]) -> Any:
        if operation not in self._serializers:
            shape = self._model.output_shape(operation)
            self._serializers[operation] = (lambda value: value) if shape is None else serializer_for(shape)
        return self._serializers[operation](result)

    def _tell_not_implemented(self, operation: str) -> None:
        if operation not in self._told:
            self._told.add(operation)
            log.warning("%s is not implemented; it is answered with 501.", operation)


def error_answer(error: ServiceError) -> Answer:
    return json_answer(error.http_status, {"message": error.message}, {"x-amzn-ErrorType": error.code})


def json_answer(status: int, value: Any, headers: dict[str, str] | None = None) -> Answer:
    return _answer(status, json.dumps(value, separators=(",", ":")).encode(), headers)


def _answer(status: int, body: bytes, headers: dict[str, str] | None = None) -> Answer:
    always = {"Content-Type": "application/json", "x-amzn-RequestId": str(uuid4())}
    return Answer(status, {**always, **(headers or {})}, body)


def _read_body(body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        value = json.loads(body, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ClientException(MAX_DEPTH_ERROR) from error
    except ValueError as error:
        raise ClientException("The request body is not valid JSON.") from error
    if not isinstance(value, dict):
        raise ClientException("The request body must be a JSON object.")
    return value


def _read_query(query: str) -> dict[str, Any]:
    """Only ``tagKeys`` of UntagResource travels in the query; it is a list."""
    keys = parse_qs(query).get("tagKeys")
    return {} if keys is None else {"tagKeys": keys}


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")
