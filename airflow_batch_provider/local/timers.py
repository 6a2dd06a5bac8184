"""Timers that follow the local clock."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from airflow_batch_provider.local.clock import Clock

log = logging.getLogger(__name__)

CALLBACKS_PER_TURN: Final = 50
"""Callbacks before the event loop handles other events."""


@dataclass(slots=True)
class Timer:
    """A scheduled callback."""

    callback: Callable[[], None] | None

    def cancel(self) -> None:
        self.callback = None


@dataclass(slots=True)
class Timers:
    """
    Timers of the event loop that follow the local clock, even when it is advanced.

    :param clock: the local clock.
    """

    clock: Clock
    _heap: list[tuple[int, int, Timer]] = field(default_factory=list)
    _order: count[int] = field(default_factory=count)
    _handle: asyncio.Handle | None = None

    def call_at(self, due: int, callback: Callable[[], None]) -> Timer:
        """Call back when the local clock reaches ``due`` (milliseconds), but never before this returns."""
        timer = Timer(callback)
        heappush(self._heap, (due, next(self._order), timer))
        if self._heap[0][2] is timer:
            self.reschedule()
        return timer

    def reschedule(self) -> None:
        """Recompute the delay of the next timer. Call this after the clock was advanced."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        if not self._heap:
            return
        delay = (self._heap[0][0] - self.clock.now()) / 1000
        loop = asyncio.get_running_loop()
        # Never call back from here: callers of `call_at` rely on that.
        self._handle = loop.call_soon(self._run) if delay <= 0 else loop.call_later(delay, self._run)

    def _run(self) -> None:
        now = self.clock.now()
        for _ in range(CALLBACKS_PER_TURN):
            if not self._heap or self._heap[0][0] > now:
                break
            _call(heappop(self._heap)[2])
        self.reschedule()


def _call(timer: Timer) -> None:
    """Call back. A callback that fails does not prevent the others."""
    try:
        if timer.callback is not None:
            timer.callback()
    except Exception:
        log.exception("timer callback failed")
