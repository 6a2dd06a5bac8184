"""Terminate processes with all their descendants, across sessions and process groups."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable

import psutil

_POLL_SECONDS = 0.05
_KILL_SECONDS = 10.0


def processes(pids: Iterable[int]) -> list[psutil.Process]:
    """
    Return the processes that exist.

    A ``psutil.Process`` remembers its start time, so the functions below never signal another
    process that reuses the id.
    """
    found = []
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            found.append(psutil.Process(pid))
    return found


def terminate_trees(roots: Iterable[psutil.Process], *, grace_seconds: float) -> None:
    """
    Terminate processes; after the grace period, kill them and all their descendants.

    Airflow runs each task in its own process group, so a signal to one group is not enough.
    """
    roots = list(roots)
    before = _trees(roots)
    for process in roots:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _wait(roots, grace_seconds)
    _kill([*before, *_trees(roots)])


def kill_trees(roots: Iterable[psutil.Process]) -> None:
    """Kill processes and all their descendants immediately."""
    _kill(_trees(roots))


def _kill(members: Iterable[psutil.Process]) -> None:
    left = [process for process in dict.fromkeys(members) if is_alive(process)]
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    _wait(left, _KILL_SECONDS)


def is_alive(process: psutil.Process) -> bool:
    """Return whether a process is running; a zombie is not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _trees(roots: Iterable[psutil.Process]) -> list[psutil.Process]:
    members = []
    for root in roots:
        with contextlib.suppress(psutil.NoSuchProcess):
            members += [root, *root.children(recursive=True)]
    return members


def _wait(members: Iterable[psutil.Process], timeout_seconds: float) -> None:
    deadline = time.monotonic() + timeout_seconds
    while any(is_alive(process) for process in members) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
