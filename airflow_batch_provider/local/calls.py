"""What clients have called, so that their tests can count it."""

from __future__ import annotations

import json
from collections import Counter, deque
from dataclasses import dataclass
from typing import Any, Final

RECENT: Final = 10_000


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """
    One call.

    :param operation: ``SubmitJob``; of other services ``logs:GetLogEvents`` or ``s3:GET``.
    :param at: milliseconds of the local clock.
    :param status: of the HTTP answer; 0 if the connection was dropped.
    :param path: of the request, still percent-encoded; empty for other services.
    :param body: of the request, as JSON; empty for other services.
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
    """Counts all calls and remembers the recent ones."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._recent: deque[RecordedCall] = deque(maxlen=RECENT)

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
