"""Routes each HTTP request to AWS Batch, to one of moto's services or to the control API."""

from __future__ import annotations

import asyncio
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aiohttp import web

from airflow_batch_provider.local.call_recorder import RecordedCall
from airflow_batch_provider.local.errors import ClientException
from airflow_batch_provider.local.faults import Fault, FaultKind, Phase
from airflow_batch_provider.local.http.control import PREFIX, Control
from airflow_batch_provider.local.http.credential_scope import PRESIGNED, CredentialScope, read_scope
from airflow_batch_provider.local.http.messages import (
    HttpRequest,
    HttpResponse,
    aws_error_response,
    aws_json_response,
)
from airflow_batch_provider.local.http.moto_services import call_name
from airflow_batch_provider.local.service_model import SERVICE

if TYPE_CHECKING:
    from airflow_batch_provider.local.http.batch_api import BatchApi
    from airflow_batch_provider.local.http.wsgi import WsgiBridge
    from airflow_batch_provider.local.service import Service

BATCH_PATH: Final = "/v1/"
MAX_BODY_BYTES: Final = 1024 * 1024
DROPPED: Final = 0
"""Recorded as the status of a call whose connection was dropped."""


class Gateway:
    """
    Routes by the credential scope of the signature; unsigned requests for ``/v1/`` go to AWS Batch.

    AWS Batch and the control API run in the event loop, moto's services in threads.
    """

    def __init__(
        self, service: Service, batch: BatchApi, moto_services: WsgiBridge, control: Control
    ) -> None:
        self._service = service
        self._batch = batch
        self._moto_services = moto_services
        self._control = control

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Handle one HTTP request."""
        raw_path, _, query = request.raw_path.partition("?")
        if raw_path.startswith(PREFIX):
            body = await request.content.read()
            return _to_aiohttp(self._control.handle(HttpRequest(request.method, raw_path, query, body)))
        scope = read_scope(request.headers.get("Authorization"))
        if _is_for_batch(scope, raw_path, query):
            return await self._handle_batch(request, scope, raw_path, query)
        return await self._handle_moto(request, scope)

    async def _handle_batch(
        self, request: web.Request, scope: CredentialScope | None, raw_path: str, query: str
    ) -> web.StreamResponse:
        started = time.perf_counter()
        engine = self._service.engine(None if scope is None else scope.region)
        body = await _read_limited(request)
        call = HttpRequest(request.method, raw_path, query, body or b"")
        operation = self._batch.operation_name(call)
        at = self._service.clock.now()
        fault = self._service.faults.next_fault(operation, call.body)
        if body is None:
            response: HttpResponse | None = aws_error_response(
                ClientException(f"The request body is longer than {MAX_BODY_BYTES} bytes.")
            )
        elif fault is None:
            response = self._batch.handle(call, engine.region, at)
        else:
            response = await self._inject(fault, call, engine.region.location.region)
        engine.wake()
        # Before the response: a client that has an answer finds its change after a restart.
        await self._service.wait_until_saved()
        seconds = time.perf_counter() - started
        status = DROPPED if response is None else response.status
        region = engine.region.location.region
        self._service.calls.record(
            RecordedCall(operation, at, region, status, seconds, call.raw_path, call.body)
        )
        return _to_aiohttp(response) if response is not None else _drop(request)

    async def _inject(self, fault: Fault, call: HttpRequest, region: str) -> HttpResponse | None:
        """Apply a fault to a call; ``None`` drops the connection."""
        engine = self._service.engine(region)
        response = None
        if fault.kind is FaultKind.MISSING:
            return aws_json_response(HTTPStatus.OK, {"jobs": []})
        if fault.kind is FaultKind.DELAY and fault.phase is Phase.BEFORE:
            await asyncio.sleep(fault.seconds)
        if fault.kind is FaultKind.DELAY or fault.phase is Phase.AFTER:
            response = self._batch.handle(call, engine.region, self._service.clock.now())
            engine.wake()
        if fault.kind is FaultKind.DELAY:
            if fault.phase is Phase.AFTER:
                await asyncio.sleep(fault.seconds)
            return response
        return None if fault.kind is FaultKind.DROP else aws_error_response(fault.error)

    async def _handle_moto(self, request: web.Request, scope: CredentialScope | None) -> web.StreamResponse:
        started = time.perf_counter()
        service = "s3" if scope is None else scope.service
        operation = call_name(service, request.method, request.headers.get("X-Amz-Target"))
        response = await self._moto_services.handle(request)
        self._service.calls.record(
            RecordedCall(
                operation,
                self._service.clock.now(),
                "" if scope is None else scope.region,
                response.status,
                time.perf_counter() - started,
            )
        )
        return response


def _is_for_batch(scope: CredentialScope | None, raw_path: str, query: str) -> bool:
    if scope is not None:
        return scope.service == SERVICE
    return raw_path.startswith(BATCH_PATH) and PRESIGNED not in query


async def _read_limited(request: web.Request) -> bytes | None:
    """Return the body, or ``None`` if it is longer than any request to AWS Batch may be."""
    chunks: list[bytes] = []
    length = 0
    async for chunk in request.content.iter_any():
        length += len(chunk)
        if length > MAX_BODY_BYTES:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


def _to_aiohttp(response: HttpResponse) -> web.Response:
    return web.Response(status=response.status, body=response.body, headers=response.headers)


def _drop(request: web.Request) -> web.Response:
    """Close the connection without a response."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
