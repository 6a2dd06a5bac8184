"""A long-running process with a log file."""

from __future__ import annotations

import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from harness.lifeline import Lifeline
from harness.process_tree import kill_trees, processes, terminate_trees

GRACE_SECONDS = 10.0

_TAIL_LINES = 25
_POLL_SECONDS = 0.1


class ServiceError(RuntimeError):
    """A service ended or was not ready in time; the message includes the end of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """
    The command of a service.

    :param log: the file to which stdout and stderr are appended.
    :param user: the user to run as; requires root.
    """

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    log: Path
    user: str | None = None


class ServiceGroup(ABC):
    """Processes that start together and run inside a ``with`` block."""

    def __enter__(self) -> Self:
        try:
            self.launch()
            self.wait_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @abstractmethod
    def launch(self) -> None:
        """Start the processes; use ``wait_ready`` to wait for them."""

    @abstractmethod
    def wait_ready(self) -> None:
        """Wait until the processes are ready; raise ServiceError with the end of a log if one fails."""

    @abstractmethod
    def stop(self) -> None:
        """Stop all processes and their descendants."""


class Service:
    """
    A process in its own session, so that Ctrl-C in a terminal reaches only its owner.

    :param lifeline: stops the process when this one dies; ``None`` lets it keep running.
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
        """Wait until a condition holds; raise ServiceError if the process ends or time runs out."""
        deadline = time.monotonic() + timeout_seconds
        while not is_ready():
            if not self.is_alive:
                raise self.error(f"ended with exit code {self._popen.returncode} before it was ready")
            if time.monotonic() > deadline:
                raise self.error(f"was not ready after {timeout_seconds:g} s")
            time.sleep(_POLL_SECONDS)

    def error(self, problem: str) -> ServiceError:
        return ServiceError(
            f"{self.name} (pid {self.pid}) {problem}. Last lines of {self.log}:\n{self.tail()}"
        )

    @property
    def output(self) -> str:
        """The output of the process so far."""
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def tail(self, lines: int = _TAIL_LINES) -> str:
        return "\n".join(self.output.splitlines()[-lines:])

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process only, for example to suspend or kill it in a test."""
        self._popen.send_signal(number)

    def kill(self) -> None:
        """Kill the process and all its descendants immediately."""
        kill_trees(processes([self.pid]))
        self.reap()

    def stop(self) -> None:
        """Terminate the process, wait, and kill its remaining descendants."""
        stop_all([self])

    def reap(self) -> int:
        """Wait for the process and return its exit code."""
        return self._popen.wait()


def stop_all(services: Sequence[Service], *, grace_seconds: float = GRACE_SECONDS) -> None:
    """Stop services concurrently."""
    alive = [service.pid for service in services if service.is_alive]
    terminate_trees(processes(alive), grace_seconds=grace_seconds)
    for service in services:
        service.reap()
