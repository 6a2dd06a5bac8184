"""Runs full garbage collections while the server is idle, so that no request waits for one."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from typing import Final, NoReturn

NEVER: Final = 1 << 30
CHECK_SECONDS: Final = 2.0
MAX_WHEN_IDLE: Final = 5
"""The server is idle if at most this many young collections ran since the last check."""

DUE: Final = 1_000
OVERDUE: Final = 200_000
"""
Young collections since the last full one. When due, the next full collection waits until the server is
idle; when overdue, it runs at once.
"""


class IdleGarbageCollector:
    """
    Runs full garbage collections when the server is idle.

    A full collection takes a second per million jobs and blocks all requests. Python would run it
    whenever enough objects have survived, so this class takes over: it counts young collections, which
    Python still runs on its own, and uses their number as a measure of activity.

    :param young: returns how many young collections have run.
    :param collect: runs a full collection.
    """

    def __init__(self, young: Callable[[], int], collect: Callable[[], object]) -> None:
        self._young = young
        self._collect = collect
        self._counted = self._last_full = young()

    def check(self) -> None:
        """Run a full collection if it is due and the server is idle, or if it is overdue."""
        before, self._counted = self._counted, self._young()
        is_idle = self._counted - before <= MAX_WHEN_IDLE
        since_last_full = self._counted - self._last_full
        if since_last_full >= OVERDUE or (is_idle and since_last_full >= DUE):
            self._collect()
            self._last_full = self._counted


async def collect_when_idle() -> NoReturn:
    """Run the full collections of this process until cancelled."""
    gc.freeze()  # Imported modules are never garbage.
    gc.set_threshold(*gc.get_threshold()[:2], NEVER)
    collector = IdleGarbageCollector(lambda: int(gc.get_stats()[0]["collections"]), gc.collect)
    while True:
        await asyncio.sleep(CHECK_SECONDS)
        collector.check()
