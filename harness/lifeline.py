"""
A guard process that terminates other processes when their owner dies for any reason.

The guard reads a pipe whose write end only the owner holds. When the owner dies, the kernel closes
the pipe, and the guard terminates every registered process. Unlike ``PR_SET_PDEATHSIG``, this works
on every Unix, for whole process trees, and from any thread.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from harness.process_tree import processes, terminate_trees

_REPOSITORY = Path(__file__).resolve().parent.parent
_GRACE_SECONDS = 5.0


class Lifeline:
    """Terminate registered processes when this process dies."""

    def __init__(self) -> None:
        read_end, self._write_end = os.pipe()
        self._guard = subprocess.Popen(
            [sys.executable, "-m", "harness.lifeline", str(read_end)],
            pass_fds=[read_end],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": str(_REPOSITORY)},
        )
        os.close(read_end)

    def watch(self, pid: int) -> None:
        """Register a process; it is terminated with its descendants when this process dies."""
        os.write(self._write_end, f"{pid}\n".encode())

    def release(self) -> None:
        """End the guard, which terminates registered processes that are still running."""
        os.close(self._write_end)
        self._guard.wait()


def guard(read_end: int) -> None:
    """Read process ids from the pipe until it closes, then terminate these processes."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    watched: list[psutil.Process] = []
    with os.fdopen(read_end) as lines:
        for line in lines:
            watched += processes([int(line)])
    terminate_trees(watched, grace_seconds=_GRACE_SECONDS)


if __name__ == "__main__":
    guard(int(sys.argv[1]))
