"""When to look for cyclic garbage: not while somebody waits."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from typing import Final, NoReturn

NEVER: Final = 1 << 30
LOOK_SECONDS: Final = 2.0
IDLE: Final = 5
"""The most young collections between two looks at which the server counts as idle."""

WORTHWHILE: Final = 1_000
OVERDUE: Final = 200_000
"""Young collections since the last full one after which it is worth while, or made in any case."""


class FullCollections:
    """
    Makes full collections when the server is idle.

    One takes a second for every million jobs, during which nothing is answered; Python would make
    them in the middle of the work. Young objects are collected as ever.

    :param young: how many young collections have been made.
    :param collect: makes a full one.
    """

    def __init__(self, young: Callable[[], int], collect: Callable[[], object]) -> None:
        self._young = young
        self._collect = collect
        self._seen = self._last_full = young()

    def look(self) -> None:
        """Collect if now is a good moment."""
        before, self._seen = self._seen, self._young()
        is_idle = self._seen - before <= IDLE
        due = self._seen - self._last_full
        if due >= OVERDUE or (is_idle and due >= WORTHWHILE):
            self._collect()
            self._last_full = self._seen


async def collect_when_idle() -> NoReturn:
    """Take over full collections of this process, until cancelled."""
    gc.freeze()  # What has been imported stays.
    gc.set_threshold(*gc.get_threshold()[:2], NEVER)
    collections = FullCollections(lambda: int(gc.get_stats()[0]["collections"]), gc.collect)
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        collections.look()
