"""Enforces the memory limits of process jobs by polling their resident memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import psutil

INTERVAL_SECONDS: Final = 0.5
MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Watched:
    limit_bytes: int
    on_excess: Callable[[], None]


class MemoryMonitor:
    """
    Checks the resident memory of process trees twice a second.

    Each check reads the process table once, in a thread, for all jobs together.
    """

    def __init__(self) -> None:
        self._watched: dict[int, _Watched] = {}
        self._watching: asyncio.Task[None] | None = None

    def watch(self, pid: int, limit_mib: int, on_excess: Callable[[], None]) -> None:
        """Call back once when the process tree of ``pid`` exceeds its limit."""
        self._watched[pid] = _Watched(limit_mib * MIB, on_excess)
        if self._watching is None:
            self._watching = asyncio.get_running_loop().create_task(self._watch())

    def unwatch(self, pid: int) -> None:
        self._watched.pop(pid, None)

    def close(self) -> None:
        self._watched.clear()
        if self._watching is not None:
            self._watching.cancel()

    async def _watch(self) -> None:
        while self._watched:
            await asyncio.sleep(INTERVAL_SECONDS)
            resident = await asyncio.to_thread(resident_bytes_of_trees, set(self._watched))
            for pid, size in resident.items():
                # The process may have ended during the scan in the other thread.
                watched = self._watched.get(pid)
                if watched is not None and size > watched.limit_bytes:
                    del self._watched[pid]
                    watched.on_excess()
        self._watching = None


def resident_bytes_of_trees(roots: set[int]) -> dict[int, int]:
    """Return the resident memory of each of these processes together with its descendants."""
    parents: dict[int, int] = {}
    sizes: dict[int, int] = {}
    for process in psutil.process_iter(["ppid", "memory_info"]):
        info = process.info
        if info["memory_info"] is not None:
            parents[process.pid] = info["ppid"]
            sizes[process.pid] = info["memory_info"].rss
    # Add each process to the nearest root among its ancestors; orphans end at a process without a parent.
    totals = dict.fromkeys(roots & set(sizes), 0)
    for pid, size in sizes.items():
        ancestor: int | None = pid
        while ancestor is not None and ancestor not in totals:
            ancestor = parents.get(ancestor) or None
        if ancestor is not None:
            totals[ancestor] += size
    return totals
