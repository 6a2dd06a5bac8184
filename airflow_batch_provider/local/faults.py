"""Fault injection for tests: throttling, errors, lost responses, delays, jobs that are not visible yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from random import Random
from time import monotonic
from typing import Any, Final

from airflow_batch_provider.local.errors import (
    RefusedException,
    ServerException,
    ServiceError,
    TooManyRequestsException,
)

DESCRIBE_JOBS: Final = "DescribeJobs"


class FaultKind(StrEnum):
    """The effect of a fault on a call."""

    THROTTLE = "throttle"
    ERROR = "error"
    DROP = "drop"
    DELAY = "delay"
    MISSING = "missing"
    REFUSE = "refuse"


class Phase(StrEnum):
    """Whether the fault strikes before or after the operation has taken effect."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(slots=True)
class Fault:
    """
    A fault of one operation.

    :param operation: the operation's name as recorded, such as ``SubmitJob``; ``*`` for all operations.
    :param skip: how many calls succeed first.
    :param times: how many calls fail; ``None`` for no limit.
    :param share: the share of calls that fail, 0 to 1.
    :param rate: if set, this many calls per second succeed, in bursts of up to one second's worth.
    :param seconds: the length of a delay.
    :param code: the error code of a refusal, such as ``ExpiredTokenException``.
    :param status: its HTTP status.
    :param message: its message.
    :param containing: only calls whose request contains this text fail, such as a part of a job name.
    """

    operation: str = "*"
    kind: FaultKind = FaultKind.THROTTLE
    phase: Phase = Phase.BEFORE
    skip: int = 0
    times: int | None = 1
    share: float = 1.0
    rate: float | None = None
    seconds: float = 0.0
    code: str = "ClientException"
    status: int = 400
    message: str = "Refused by the control API."
    containing: str = ""
    _tokens: float = field(default=0.0, init=False)
    _refilled_at: float | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.kind = FaultKind(self.kind)
        self.phase = Phase(self.phase)
        numbers = (self.skip, self.share, self.seconds, self.times or 0, self.rate or 0)
        if any(isinstance(number, bool) or not isinstance(number, int | float) for number in numbers):
            raise ValueError("skip, times, share, rate and seconds must be numbers")
        if min(numbers) < 0 or self.share > 1:
            raise ValueError("skip, times, rate and seconds must not be negative, and share must be 0 to 1")
        if self.kind is FaultKind.MISSING and self.operation != DESCRIBE_JOBS:
            raise ValueError(
                f"kind {FaultKind.MISSING} needs operation {DESCRIBE_JOBS}, not {self.operation}"
            )

    @property
    def error(self) -> ServiceError:
        if self.kind is FaultKind.THROTTLE:
            return TooManyRequestsException()
        if self.kind is FaultKind.REFUSE:
            return RefusedException(self.code, self.status, self.message)
        return ServerException("Internal server error, injected by the control API.")

    def take_token(self, now: float) -> bool:
        """Return whether a call is within the rate, and count it. The rate is limited by a token bucket."""
        if self.rate is None:
            return False
        earned = self.rate if self._refilled_at is None else (now - self._refilled_at) * self.rate
        # At least one token fits, so that a rate below one call per second lets calls through.
        self._tokens = min(max(self.rate, 1.0), self._tokens + earned)
        self._refilled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    @property
    def is_exhausted(self) -> bool:
        return self.times == 0


class Faults:
    """
    The active faults. The first that applies to a call is injected.

    :param seed: the seed that decides which calls fail if only a share of them does.
    :param time: a monotonic clock, in seconds.
    """

    def __init__(self, seed: int = 0, time: Callable[[], float] = monotonic) -> None:
        self._faults: dict[int, Fault] = {}
        self._numbers = count(1)
        self._random = Random(seed)
        self._time = time

    def add(self, fault: Fault) -> int:
        number = next(self._numbers)
        self._faults[number] = fault
        return number

    def clear(self) -> None:
        self._faults.clear()

    def describe(self) -> dict[str, Any]:
        return {
            "faults": [
                {"id": number, "operation": fault.operation, "kind": fault.kind.value, "times": fault.times}
                for number, fault in self._faults.items()
            ]
        }

    def next_fault(self, operation: str, body: bytes = b"") -> Fault | None:
        """Return the fault to inject into this call, if any, and count the call."""
        for number, fault in list(self._faults.items()):
            if fault.operation not in ("*", operation) or fault.containing.encode() not in body:
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            if fault.take_token(self._time()):
                continue
            if fault.share < 1 and self._random.random() >= fault.share:
                continue
            if fault.times is not None:
                fault.times -= 1
            if fault.is_exhausted:
                del self._faults[number]
            return fault
        return None
