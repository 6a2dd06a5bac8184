"""The HTTP side: brings each request to AWS Batch, to a neighbour or to the control API."""

from __future__ import annotations

import asyncio
import logging
import time
from http import HTTPStatus
from typing import Final

from aiohttp import web

from airflow_batch_provider.local.batch_api import Answer, BatchApi, HttpRequest, error_answer, json_answer
from airflow_batch_provider.local.calls import RecordedCall
from airflow_batch_provider.local.control import PREFIX, Control
from airflow_batch_provider.local.credential_scope import PRESIGNED, CredentialScope, read_scope
from airflow_batch_provider.local.errors import ClientException
from airflow_batch_provider.local.faults import Fault, FaultKind, Phase
from airflow_batch_provider.local.moto_services import call_name
from airflow_batch_provider.local.service import Service
from airflow_batch_provider.local.service_model import SERVICE
from airflow_batch_provider.local.wsgi import WsgiBridge

log = logging.getLogger(__name__)

BATCH_PATH: Final = "/v1/"
MAX_BODY_BYTES: Final = 1024 * 1024
DROPPED: Final = 0


class Gateway:
    """
    Routes by the credential scope of the signature; unsigned calls of ``/v1/`` go to AWS Batch.

    AWS Batch and the control API are answered in the event loop, neighbours in threads.
    """

    def __init__(self, service: Service, batch: BatchApi, neighbours: WsgiBridge, control: Control) -> None:
        self._service = service
        self._batch = batch
        self._neighbours = neighbours
        self._control = control

    async def handle(self, request: web.Request) -> web.StreamResponse:
        raw_path, _, query = request.raw_path.partition("?")
        if raw_path.startswith(PREFIX):
            answer = self._control.answer(
                HttpRequest(request.method, raw_path, query, await request.content.read())
            )
            return _response(answer)
        scope = read_scope(request.headers.get("Authorization"))
        if _is_for_batch(scope, raw_path, query):
            return await self._answer_batch(request, scope, raw_path, query)
        return await self._answer_neighbour(request, scope)

    async def _answer_batch(
        self, request: web.Request, scope: CredentialScope | None, raw_path: str, query: str
    ) -> web.StreamResponse:
        started = time.perf_counter()
        engine = self._service.engine(None if scope is None else scope.region)
        body = await _read_limited(request)
        call = HttpRequest(request.method, raw_path, query, body or b"")
        operation = self._batch.operation_of(call)
        at = self._service.clock.now()
        fault = self._service.faults.draw(operation)
        if body is None:
            answer: Answer | None = error_answer(
                ClientException(f"The request body is longer than {MAX_BODY_BYTES} bytes.")
            )
        elif fault is None:
            answer = self._batch.answer(call, engine.region, at)
        else:
            answer = await self._spoil(fault, call, engine.region.place.region)
        engine.wake()
        await self._service.saved()
        seconds = time.perf_counter() - started
        status = DROPPED if answer is None else answer.status
        self._service.calls.record(
            RecordedCall(operation, at, engine.region.place.region, status, seconds, call.raw_path, call.body)
        )
        return _response(answer) if answer is not None else _drop(request)

    async def _spoil(self, fault: Fault, call: HttpRequest, region: str) -> Answer | None:
        """Answer a call as a fault wants it; none means that the connection is dropped."""
        engine = self._service.engine(region)
        answer = None
        if fault.kind is FaultKind.MISSING:
            return json_answer(HTTPStatus.OK, {"jobs": []})
        if fault.kind is FaultKind.DELAY and fault.phase is Phase.BEFORE:
            await asyncio.sleep(fault.seconds)
        if fault.kind is FaultKind.DELAY or fault.phase is Phase.AFTER:
            answer = self._batch.answer(call, engine.region, self._service.clock.now())
            engine.wake()
        if fault.kind is FaultKind.DELAY:
            if fault.phase is Phase.AFTER:
                await asyncio.sleep(fault.seconds)
            return answer
        return None if fault.kind is FaultKind.DROP else error_answer(fault.error)

    async def _answer_neighbour(
        self, request: web.Request, scope: CredentialScope | None
    ) -> web.StreamResponse:
        started = time.perf_counter()
        service = "s3" if scope is None else scope.service
        operation = call_name(service, request.method, request.headers.get("X-Amz-Target"))
        response = await self._neighbours.answer(request)
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
    """Return the body; none if it is longer than any request of AWS Batch may be."""
    chunks: list[bytes] = []
    length = 0
    async for chunk in request.content.iter_any():
        length += len(chunk)
        if length > MAX_BODY_BYTES:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


def _response(answer: Answer) -> web.Response:
    return web.Response(status=answer.status, body=answer.body, headers=answer.headers)


def _drop(request: web.Request) -> web.Response:
    """Close the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
