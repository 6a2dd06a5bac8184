"""Records the calls of clients, so that tests can count and inspect them."""

from __future__ import annotations

import json
from collections import Counter, deque
from dataclasses import dataclass
from typing import Any, Final

MAX_RECENT_CALLS: Final = 10_000


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """
    One call.

    :param operation: such as ``SubmitJob``; for other services such as ``logs:GetLogEvents`` or ``s3:GET``.
    :param at: the local clock's time in milliseconds since the epoch.
    :param status: the HTTP status of the response; 0 if the connection was dropped.
    :param seconds: how long the call took.
    :param path: the path of the request, percent-encoded; empty for other services.
    :param body: the body of the request, JSON; empty for other services.
    """

    operation: str
    at: int
    region: str
    status: int
    seconds: float
    path: str = ""
    body: bytes = b""

    def describe(self, *, with_request: bool) -> dict[str, Any]:
        described = {
            "operation": self.operation,
            "at": self.at,
            "region": self.region,
            "status": self.status,
            "seconds": self.seconds,
        }
        return {**described, **self._request()} if with_request else described

    def _request(self) -> dict[str, Any]:
        try:
            return {"path": self.path, "request": json.loads(self.body or b"{}")}
        except ValueError:
            return {"path": self.path, "request": {}}


class CallRecorder:
    """Counts all calls and keeps the 10,000 most recent ones."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._recent: deque[RecordedCall] = deque(maxlen=MAX_RECENT_CALLS)

    def record(self, call: RecordedCall) -> None:
        self._counts[call.operation] += 1
        self._recent.append(call)

    def clear(self) -> None:
        self._counts.clear()
        self._recent.clear()

    def describe(self, operation: str | None, *, with_requests: bool = False) -> dict[str, Any]:
        recent = [
            call.describe(with_request=with_requests)
            for call in self._recent
            if operation in (None, call.operation)
        ]
        return {"counts": dict(self._counts), "calls": recent}
