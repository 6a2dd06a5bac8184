"""A local Batch without its HTTP server: requests go through the same wire layer, a hundred times as fast."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from airflow_batch_provider.local.api.request import ApiSettings
from airflow_batch_provider.local.http.batch_api import BatchApi
from airflow_batch_provider.local.http.messages import HttpRequest
from airflow_batch_provider.local.options import Options
from airflow_batch_provider.local.region import Region
from airflow_batch_provider.local.service import Service
from airflow_batch_provider.local.service_model import load_service_model

ROUNDS = 40
"""Turns of the event loop in which the consequences of a request are processed."""


@dataclass(frozen=True)
class Reply:
    status: int
    json: Any


class InProcessBatch:
    """Plays scripts, with an adjustable clock."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._service = Service(Options(runner="script"), "http://127.0.0.1:1")
        self._api = BatchApi(load_service_model(), ApiSettings())

    @property
    def region(self) -> Region:
        return self._service.engine(None).region

    def call(self, operation: str, params: Any) -> Reply:
        """Send a request, valid or not, to its route in the service model."""
        return self._loop.run_until_complete(self._answer(_to_http(operation, params)))

    def send(self, operation: str, **params: Any) -> Any:
        """Send a request that must succeed, and return its response."""
        reply = self.call(operation, params)
        assert reply.status == 200, (operation, params, reply.json)
        return reply.json

    def read(self, operation: str, **params: Any) -> Any:
        """Send a read request without advancing any job, and return its response."""
        answer = self._api.handle(_to_http(operation, params), self.region, self._service.clock.now())
        assert answer.status == 200, (operation, params, answer.body)
        return json.loads(answer.body)

    def settle(self) -> None:
        """Process all consequences of the previous requests."""
        self._loop.run_until_complete(_turns(ROUNDS))

    def pass_seconds(self, seconds: float) -> None:
        self._loop.run_until_complete(self._move_clock(seconds))

    def close(self) -> None:
        self._loop.run_until_complete(self._service.close())
        self._loop.close()

    async def _answer(self, request: HttpRequest) -> Reply:
        engine = self._service.engine(None)
        answer = self._api.handle(request, engine.region, self._service.clock.now())
        engine.wake()
        await _turns(1)
        return Reply(answer.status, json.loads(answer.body))

    async def _move_clock(self, seconds: float) -> None:
        self._service.advance_clock(round(seconds * 1000))
        await _turns(ROUNDS)


async def _turns(number: int) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


def _to_http(operation: str, params: Any) -> HttpRequest:
    """Distribute the members of a request to path, query and body, like the service model."""
    verbs = {"TagResource": "POST", "UntagResource": "DELETE", "ListTagsForResource": "GET"}
    if operation not in verbs:
        return HttpRequest("POST", f"/v1/{operation.lower()}", "", json.dumps(params).encode())
    members = dict(params) if isinstance(params, dict) else {}
    path = f"/v1/tags/{quote(str(members.pop('resourceArn', 'x')), safe='')}"
    keys = members.pop("tagKeys", None)
    query = "&".join(f"tagKeys={quote(str(key), safe='')}" for key in keys) if isinstance(keys, list) else ""
    return HttpRequest(verbs[operation], path, query, json.dumps(members).encode())
