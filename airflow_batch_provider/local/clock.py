"""The clock of the local Batch: the system's time plus an offset that tests can increase."""

from __future__ import annotations

import time


class Clock:
    """
    Milliseconds since the epoch that never go backwards.

    The clock reads the system's time once and follows the monotonic clock from then on, so that a change
    of the system's time does not move deadlines.
    """

    def __init__(self) -> None:
        self._origin_ms = time.time() * 1000 - time.monotonic() * 1000
        self._offset_ms = 0

    def now(self) -> int:
        return int(self._origin_ms + time.monotonic() * 1000) + self._offset_ms

    @property
    def offset_ms(self) -> int:
        return self._offset_ms

    def advance(self, milliseconds: int) -> None:
        """
        Advance the clock.

        :raises ValueError: if ``milliseconds`` is negative.
        """
        if milliseconds < 0:
            raise ValueError(f"the clock cannot go back ({milliseconds} ms)")
        self._offset_ms += milliseconds
