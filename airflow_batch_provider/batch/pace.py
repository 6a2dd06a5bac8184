"""How fast SubmitJob is called: as fast as AWS lets us, and no faster."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

SUBMITS_PER_SECOND_MAX: Final = 50.0
"""SubmitJob calls a second in one account and Region; a quota that AWS does not raise."""

_SUBMITS_PER_SECOND_MIN: Final = 0.5
_RECOVERY: Final = 1.2
_ACCEPTED_UNTIL_RECOVERY: Final = 20


class SubmitPace:
    """
    Spaces the calls of one process: 50 a second, half of it after each throttled call, then up again.

    Others submit in the same account; the pace finds the share that AWS leaves to us.

    :param now: seconds of a clock that never goes back.
    :param sleep: waits that many seconds.
    """

    def __init__(
        self, *, now: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._now = now
        self._sleep = sleep
        self._rate = SUBMITS_PER_SECOND_MAX
        self._next = 0.0
        self._accepted = 0

    @property
    def calls_per_second(self) -> float:
        return self._rate

    def wait(self) -> None:
        """Wait until the next call may be made."""
        ahead = self._next - self._now()
        if ahead > 0:
            self._sleep(ahead)
        self._next = max(self._next, self._now()) + 1 / self._rate

    def was_throttled(self) -> None:
        """Slow down."""
        self._accepted = 0
        self._rate = max(self._rate / 2, _SUBMITS_PER_SECOND_MIN)

    def was_accepted(self) -> None:
        """Speed up again, a little after every twenty calls."""
        self._accepted += 1
        if self._accepted >= _ACCEPTED_UNTIL_RECOVERY:
            self._accepted = 0
            self._rate = min(self._rate * _RECOVERY, SUBMITS_PER_SECOND_MAX)
