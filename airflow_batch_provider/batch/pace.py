"""How fast SubmitJob is called: as fast as AWS lets us, and no faster."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Final

SUBMITS_PER_SECOND_MAX: Final = 50.0
"""SubmitJob calls a second in one account and Region; a quota that AWS does not raise."""

_SUBMITS_PER_SECOND_MIN: Final = 5.0
"""A tenth of the quota: a throttled call makes no job, and each job that is throttled again pauses longer."""

_RECOVERY: Final = 1.2
_ACCEPTED_UNTIL_RECOVERY_MAX: Final = 20


class SubmitPace:
    """
    Spaces the calls of one process: at most 50 in any second, half of it after each throttled call.

    The calls of a second may come at once, until one is throttled; then they are spaced evenly.
    Others submit in the same account; the pace finds the share that AWS leaves to us, and goes
    up again while calls are accepted.

    :param now: seconds of a clock that never goes back.
    :param sleep: waits that many seconds.
    """

    def __init__(
        self, *, now: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._now = now
        self._sleep = sleep
        self._rate = SUBMITS_PER_SECOND_MAX
        self._calls: deque[float] = deque(maxlen=int(SUBMITS_PER_SECOND_MAX))
        self._accepted = 0

    @property
    def calls_per_second(self) -> float:
        return self._rate

    def wait(self) -> None:
        """Wait until the next call may be made."""
        at_once = int(self._rate) if self._rate >= SUBMITS_PER_SECOND_MAX else 1
        if len(self._calls) >= at_once:
            ahead = self._calls[-at_once] + at_once / self._rate - self._now()
            if ahead > 0:
                self._sleep(ahead)
        self._calls.append(self._now())

    def was_throttled(self) -> None:
        """Slow down."""
        self._accepted = 0
        self._rate = max(self._rate / 2, _SUBMITS_PER_SECOND_MIN)

    def was_accepted(self) -> None:
        """Speed up again, a little after every second's worth of calls, or after twenty."""
        self._accepted += 1
        if self._accepted >= min(self._rate, _ACCEPTED_UNTIL_RECOVERY_MAX):
            self._accepted = 0
            self._rate = min(self._rate * _RECOVERY, SUBMITS_PER_SECOND_MAX)
