"""Since when each RUNNABLE job has had its position in the queue (``earliestTimeAtPosition``)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

Position = tuple[int, int, int, int]
"""The sort key of a RUNNABLE job in its queue; the smallest is the head."""


class QueuePositionTimes:
    """
    Records when the jobs at each position of a queue last moved.

    A job that joins or leaves moves every job after it, so a change at position *p* supersedes all earlier
    changes at *p* or after it. What remains is a list with ascending positions and ascending times: it stays
    short, and the last change at or before a position is found by bisection.

    The times are what GetJobQueueSnapshot reports:
    https://docs.aws.amazon.com/batch/latest/APIReference/API_FrontOfQueueJobSummary.html
    """

    def __init__(self) -> None:
        self._positions: list[Position] = []
        self._times: list[int] = []

    def record_change(self, position: Position, now: int) -> None:
        """Record that a job joined or left the queue at a position."""
        kept = bisect_left(self._positions, position)
        del self._positions[kept:]
        del self._times[kept:]
        # An entry at a lower position with the same time covers this one.
        if not self._times or self._times[-1] != now:
            self._positions.append(position)
            self._times.append(now)

    def since(self, position: Position) -> int:
        """Return when the job with this sort key got its position, in milliseconds since the epoch."""
        # Never index -1: a job in the queue has joined it at its position,
        # and that entry can only be replaced by one at or before it.
        return self._times[bisect_right(self._positions, position) - 1]
