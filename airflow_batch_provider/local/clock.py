"""The time of the local Batch: the system's, plus an offset that tests may move forward."""

from __future__ import annotations

import time


class Clock:
    """
    Milliseconds since the epoch that never run backwards.

    Measured by the monotonic clock from the moment of creation, so a change of the system's time
    moves no deadline.
    """

    def __init__(self) -> None:
        self._origin_ms = time.time() * 1000 - time.monotonic() * 1000
        self._offset_ms = 0

    def now(self) -> int:
        return int(self._origin_ms + time.monotonic() * 1000) + self._offset_ms

    @property
    def offset_ms(self) -> int:
        return self._offset_ms

    def move_forward(self, milliseconds: int) -> None:
        """
        Let time pass at once.

        :raises ValueError: if it would run backwards.
        """
        if milliseconds < 0:
            raise ValueError(f"time runs forward only, not by {milliseconds} ms")
        self._offset_ms += milliseconds
