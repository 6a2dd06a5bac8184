"""AWS Batch's rest-json protocol: HTTP requests become operation calls, and results become responses."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

from airflow_batch_provider.local.api.operations import OPERATIONS
from airflow_batch_provider.local.api.request import ApiSettings, EncodedResult, Request
from airflow_batch_provider.local.errors import (
    ClientException,
    NotImplementedException,
    ServerException,
    ServiceError,
    UnknownOperationException,
)
from airflow_batch_provider.local.http.messages import (
    HttpRequest,
    HttpResponse,
    aws_error_response,
    aws_json_response,
    aws_response,
)
from airflow_batch_provider.local.http.routes import Route, Routes
from airflow_batch_provider.local.lifecycle.jobs import Job
from airflow_batch_provider.local.region import Region
from airflow_batch_provider.local.shapes import Serializer, check_input, serializer_for

if TYPE_CHECKING:
    from airflow_batch_provider.local.service_model import ServiceModel

log = logging.getLogger(__name__)

ChangeListener = Callable[[Region, Iterable[Job]], None]
NESTED_TOO_DEEPLY: Final = "The request body is nested too deeply."


def _ignore(_region: Region, _jobs: Iterable[Job]) -> None:
    """Do nothing."""


class BatchApi:
    """
    Handles requests to AWS Batch.

    :param settings: limits that the server's options relax.
    :param on_change: called after each operation that writes, with the Region and the jobs that the
        operation changed.
    """

    def __init__(
        self, model: ServiceModel, settings: ApiSettings, on_change: ChangeListener = _ignore
    ) -> None:
        self._model = model
        self._routes = Routes(model)
        self._settings = settings
        self._on_change = on_change
        self._serializers: dict[str, Serializer] = {}
        self._warned: set[str] = set()

    def operation_name(self, request: HttpRequest) -> str:
        """Return the name of the requested operation, or the path if no operation has it."""
        route = self._routes.find(request.method, request.raw_path)
        return request.raw_path if route is None else route.operation

    def handle(self, request: HttpRequest, region: Region, now: int) -> HttpResponse:
        """Execute a request; every failure becomes an error response."""
        try:
            route = self._routes.find(request.method, request.raw_path)
            if route is None:
                raise UnknownOperationException(
                    f"AWS Batch has no operation at {request.method} {request.raw_path}."
                )
            return self._execute(route, request, region, now)
        except ServiceError as error:
            return aws_error_response(error)
        except Exception:
            log.exception("%s %s failed", request.method, request.raw_path)
            return aws_error_response(
                ServerException(
                    "The local AWS Batch endpoint failed. See the server's log for the traceback."
                )
            )

    def _execute(self, route: Route, request: HttpRequest, region: Region, now: int) -> HttpResponse:
        operation = OPERATIONS.get(route.operation)
        if operation is None:
            self._warn_not_implemented(route.operation)
            raise NotImplementedException(route.operation)
        params = {**_read_body(request.body), **_read_query(request.query), **route.path_params}
        shape = self._model.input_shape(route.operation)
        checked = {} if shape is None else check_input(shape, params, route.operation)
        call = Request(region, now, checked, len(request.body), self._settings)
        result = operation.run(call)
        if isinstance(result, EncodedResult):
            return aws_response(200, result.body)
        if not operation.is_read:
            self._on_change(region, operation.jobs_changed(call, result))
        return aws_json_response(200, self._serialize(route.operation, result))

    def _serialize(self, operation: str, result: dict[str, Any]) -> Any:
        if operation not in self._serializers:
            shape = self._model.output_shape(operation)
            self._serializers[operation] = (lambda value: value) if shape is None else serializer_for(shape)
        return self._serializers[operation](result)

    def _warn_not_implemented(self, operation: str) -> None:
        if operation not in self._warned:
            self._warned.add(operation)
            log.warning("%s is not implemented; the response is 501.", operation)


def _read_body(body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        value = json.loads(body, parse_constant=_reject_constant)
    except RecursionError as error:
        raise ClientException(NESTED_TOO_DEEPLY) from error
    except ValueError as error:
        raise ClientException("The request body is not valid JSON.") from error
    if not isinstance(value, dict):
        raise ClientException("The request body must be a JSON object.")
    return value


def _read_query(query: str) -> dict[str, Any]:
    """Read ``tagKeys`` of UntagResource, a list: the only member that AWS Batch takes from the query."""
    keys = parse_qs(query).get("tagKeys")
    return {} if keys is None else {"tagKeys": keys}


def _reject_constant(name: str) -> float:
    raise ValueError(f"{name} is not valid JSON")
