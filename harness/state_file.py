"""A file that records the processes of ``make up`` for ``make down`` and the next ``make up``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from harness.process_tree import is_alive
from harness.service import Service

# The kernel counts start times in ticks; a smaller difference means the same process.
_SAME_START_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class RecordedProcess:
    """A process, identified by id and start time because the kernel reuses ids."""

    name: str
    pid: int
    started: float

    def find(self) -> psutil.Process | None:
        """Return the process if it is still running; None if its id now belongs to another process."""
        try:
            process = psutil.Process(self.pid)
            is_same = abs(process.create_time() - self.started) < _SAME_START_SECONDS
        except psutil.NoSuchProcess:
            return None
        return process if is_same and is_alive(process) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningStack:
    """The running processes, their addresses and the login."""

    url: str
    user: str
    password: str
    batch_url: str
    processes: tuple[RecordedProcess, ...]

    def alive(self) -> list[psutil.Process]:
        return [found for process in self.processes if (found := process.find())]


def record_processes(services: Sequence[Service]) -> tuple[RecordedProcess, ...]:
    return tuple(
        RecordedProcess(service.name, service.pid, psutil.Process(service.pid).create_time())
        for service in services
    )


def write_state(path: Path, stack: RunningStack) -> None:
    """Write the file, readable only by its owner because it contains the password."""
    path.touch(mode=0o600)
    path.write_text(json.dumps(asdict(stack), indent=2) + "\n")


def read_state(path: Path) -> RunningStack | None:
    if not path.exists():
        return None
    content = json.loads(path.read_text())
    processes = tuple(RecordedProcess(**process) for process in content.pop("processes"))
    return RunningStack(**content, processes=processes)
