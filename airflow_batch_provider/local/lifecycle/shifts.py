"""Since when a job has stood where it stands in its queue."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

Position = tuple[int, int, int, int]
"""Where a RUNNABLE job stands; the smallest is the head."""


class QueuePositionTimes:
    """
    Remembers when each position of a waiting line last changed hands.

    Whoever comes or goes shifts all who stand behind. A shift outdates the earlier ones behind it,
    so what has to be kept are shifts of rising position and time: few, and found by bisection.
    """

    def __init__(self) -> None:
        self._positions: list[Position] = []
        self._times: list[int] = []

    def note(self, position: Position, now: int) -> None:
        """Note that someone came to or left a position."""
        kept = bisect_left(self._positions, position)
        del self._positions[kept:]
        del self._times[kept:]
        if not self._times or self._times[-1] != now:
            self._positions.append(position)
            self._times.append(now)

    def since(self, position: Position) -> int:
        """Return when whoever stands there got there, in milliseconds since the epoch."""
        return self._times[bisect_right(self._positions, position) - 1]
