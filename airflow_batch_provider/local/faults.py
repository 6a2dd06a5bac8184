"""Faults that tests order: throttling, errors, lost answers, delays, jobs that are not seen yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from random import Random
from time import monotonic
from typing import Any, Final

from airflow_batch_provider.local.errors import ServerException, ServiceError, TooManyRequestsException

DESCRIBE_JOBS: Final = "DescribeJobs"


class FaultKind(StrEnum):
    """What goes wrong."""

    THROTTLE = "throttle"
    ERROR = "error"
    DROP = "drop"
    DELAY = "delay"
    MISSING = "missing"


class Phase(StrEnum):
    """Whether the operation has taken effect when it goes wrong."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(slots=True)
class Fault:
    """
    A fault of one operation.

    :param operation: as it is recorded, e.g. ``SubmitJob``; ``*`` for each.
    :param skip: calls to leave alone first.
    :param times: calls to spoil; ``None`` is without end.
    :param share: of the calls in question, how many are spoiled: 0 to 1.
    :param rate: if given, so many calls a second are left alone; a second's worth may come at once.
    :param seconds: how long a delay is.
    """

    operation: str = "*"
    kind: FaultKind = FaultKind.THROTTLE
    phase: Phase = Phase.BEFORE
    skip: int = 0
    times: int | None = 1
    share: float = 1.0
    rate: float | None = None
    seconds: float = 0.0
    _allowance: float = field(default=0.0, init=False)
    _at: float | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.kind = FaultKind(self.kind)
        self.phase = Phase(self.phase)
        numbers = (self.skip, self.share, self.seconds, self.times or 0, self.rate or 0)
        if any(isinstance(number, bool) or not isinstance(number, int | float) for number in numbers):
            raise ValueError("skip, times, share, rate and seconds are numbers")
        if min(numbers) < 0 or self.share > 1:
            raise ValueError("skip, times, rate and seconds are not negative, and share is 0 to 1")
        if self.kind is FaultKind.MISSING and self.operation != DESCRIBE_JOBS:
            raise ValueError(f"jobs are missing from {DESCRIBE_JOBS} only, not from {self.operation}")

    @property
    def error(self) -> ServiceError:
        if self.kind is FaultKind.THROTTLE:
            return TooManyRequestsException()
        return ServerException("Internal server error, as ordered from the local endpoint.")

    def allows(self, now: float) -> bool:
        """Tell whether a call is within the rate, and count it."""
        if self.rate is None:
            return False
        earned = self.rate if self._at is None else (now - self._at) * self.rate
        self._allowance = min(max(self.rate, 1.0), self._allowance + earned)
        self._at = now
        if self._allowance < 1:
            return False
        self._allowance -= 1
        return True

    @property
    def is_spent(self) -> bool:
        return self.times == 0


class Faults:
    """
    The faults that are ordered; the first that concerns a call spoils it.

    :param seed: of the choice of calls where only a share is spoiled.
    :param time: tells seconds that never run backwards.
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

    def draw(self, operation: str) -> Fault | None:
        """Return the fault that spoils this call, and count it."""
        for number, fault in list(self._faults.items()):
            if fault.operation not in ("*", operation):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            if fault.allows(self._time()):
                continue
            if fault.share < 1 and self._random.random() >= fault.share:
                continue
            if fault.times is not None:
                fault.times -= 1
            if fault.is_spent:
                del self._faults[number]
            return fault
        return None
