"""One long-running process with a log file."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.lifeline import Lifeline
from harness.process_tree import end_trees, kill_trees, processes

GRACE_SECONDS = 10.0

_TAIL_LINES = 25
_POLL_SECONDS = 0.1


class ServiceError(RuntimeError):
    """A service ended, or did not get ready in time; the text holds the tail of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """
    What a service runs.

    :param log: gets what the process writes on stdout and stderr, after what is there already.
    :param user: as whom it runs, where this process may choose.
    """

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    log: Path
    user: str | None = None


class Service:
    """
    A process in a session of its own, so that Ctrl-C in a terminal reaches only its owner.

    :param lifeline: ends the process when this one dies; ``None`` lets it live on.
    """

    def __init__(self, command: Command, lifeline: Lifeline | None) -> None:
        self.name = command.name
        self.log = command.log
        with command.log.open("ab") as log:
            self._log_start = log.tell()
            self._popen = subprocess.Popen(
                command.arguments,
                env=dict(command.environment),
                cwd=command.folder,
                user=command.user,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        if lifeline is not None:
            lifeline.watch(self.pid)

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def is_alive(self) -> bool:
        return self._popen.poll() is None

    def wait_until(self, is_ready: Callable[[], bool], *, timeout_seconds: float) -> None:
        """Wait until a condition holds; raise with the log's tail if the process ends or time is up."""
        deadline = time.monotonic() + timeout_seconds
        while not is_ready():
            if not self.is_alive:
                raise self.error(f"ended with exit code {self._popen.returncode} before it was ready")
            if time.monotonic() > deadline:
                raise self.error(f"was not ready after {timeout_seconds:g} s")
            time.sleep(_POLL_SECONDS)

    def error(self, what: str) -> ServiceError:
        return ServiceError(f"{self.name} (pid {self.pid}) {what}. The end of {self.log}:\n{self.tail()}")

    @property
    def output(self) -> str:
        """What the process has written so far."""
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def tail(self, lines: int = _TAIL_LINES) -> str:
        return "\n".join(self.output.splitlines()[-lines:])

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process alone, for example to freeze or to kill it in a test."""
        self._popen.send_signal(number)

    def kill(self) -> None:
        """Kill the process with all that it started, without any chance to tidy up."""
        kill_trees(processes([self.pid]))
        self.reap()

    def stop(self) -> None:
        """Ask the process to end, wait, and kill what is left of its tree."""
        stop_all([self])

    def reap(self) -> int:
        """Collect the exit code of a process that has ended."""
        return self._popen.wait()


def stop_all(services: Sequence[Service], *, grace_seconds: float = GRACE_SECONDS) -> None:
    """Stop services together: as long as the slowest takes, not as long as all."""
    alive = [service.pid for service in services if service.is_alive]
    end_trees(processes(alive), grace_seconds=grace_seconds)
    for service in services:
        service.reap()
