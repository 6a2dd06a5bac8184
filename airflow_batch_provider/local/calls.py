"""What clients have called, so that their tests can count it."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import asdict, dataclass
from typing import Any, Final

RECENT: Final = 10_000


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """
    One call.

    :param operation: ``SubmitJob``; of other services ``logs:GetLogEvents`` or ``s3:GET``.
    :param at: milliseconds of the local clock.
    :param status: of the HTTP answer; 0 if the connection was dropped.
    """

    operation: str
    at: int
    region: str
    status: int
    seconds: float


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

    def describe(self, operation: str | None) -> dict[str, Any]:
        recent = [asdict(call) for call in self._recent if operation in (None, call.operation)]
        return {"counts": dict(self._counts), "calls": recent}
