"""
A guard that ends processes when the one that started them dies, whatever it died of.

The guard reads a pipe whose other end only the starting process holds. When that process is
killed, the system closes the pipe, and the guard ends every process that it was told about.
This works where ``PR_SET_PDEATHSIG`` doesn't: on every Unix, for whole trees, from any thread.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from harness.process_tree import end_trees, processes

_REPOSITORY = Path(__file__).resolve().parent.parent
_GRACE_SECONDS = 5.0


class Lifeline:
    """Tie processes to the life of this one."""

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
        """Have a process, and all that it starts, ended together with this one."""
        os.write(self._write_end, f"{pid}\n".encode())

    def release(self) -> None:
        """End the guard; what it watched has been stopped already or is stopped by it now."""
        os.close(self._write_end)
        self._guard.wait()


def guard(read_end: int) -> None:
    """Collect process ids from the pipe until it closes, then end these processes."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    watched: list[psutil.Process] = []
    with os.fdopen(read_end) as lines:
        for line in lines:
            watched += processes([int(line)])
    end_trees(watched, grace_seconds=_GRACE_SECONDS)


if __name__ == "__main__":
    guard(int(sys.argv[1]))
