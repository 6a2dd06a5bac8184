"""Runs the commands of jobs as processes on this machine."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from airflow_batch_provider.local.lifecycle import reasons
from airflow_batch_provider.local.lifecycle.messages import AttemptEnd
from airflow_batch_provider.local.runners.environment import batch_variables, client_variables, own_variables
from airflow_batch_provider.local.runners.line_splitter import LineSplitter
from airflow_batch_provider.local.runners.memory_monitor import MemoryMonitor
from airflow_batch_provider.local.runners.orphans import RUN_NAME_VARIABLE, OrphanReaper

if TYPE_CHECKING:
    from airflow_batch_provider.local.lifecycle.jobs import Attempt, Job
    from airflow_batch_provider.local.runners.runner import Run

log = logging.getLogger(__name__)

INHERITED: Final = ("PATH", "HOME", "VIRTUAL_ENV")
DRAIN_SECONDS: Final = 0.5
"""How long the output pipe may stay open after the process has ended, held by an orphan process."""

CLOSE_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True)
class ProcessSettings:
    """
    Settings of the process runner.

    :param endpoint_url: ``AWS_ENDPOINT_URL`` of the jobs.
    :param python_path: folders for ``PYTHONPATH``.
    :param grace_seconds: the time from SIGTERM to SIGKILL.
    """

    endpoint_url: str
    python_path: tuple[str, ...] = ()
    grace_seconds: float = 30.0


class ProcessRunner:
    """
    Runs every container in its own process group and temporary folder, and removes both when it ends.

    Images are not used: commands are looked up on this machine's ``PATH``.
    """

    def __init__(self, settings: ProcessSettings) -> None:
        self._settings = settings
        self._root = Path(tempfile.mkdtemp(prefix="local-batch-"))
        self._processes: dict[Run, _Process] = {}
        self._starting: set[asyncio.Task[None]] = set()
        self._memory = MemoryMonitor()
        self._orphans = OrphanReaper(settings.endpoint_url)
        self._has_warned_about_image = False

    async def open(self) -> None:
        """Do nothing: the process runner has no prerequisites."""

    def start(self, run: Run) -> None:
        if not self._has_warned_about_image:
            self._has_warned_about_image = True
            log.warning("Images are not used: the process runner runs commands on this machine.")
        grace_seconds = run.container.stop_timeout_seconds or self._settings.grace_seconds
        process = _Process(run, grace_seconds, self._forget)
        self._processes[run] = process
        starting = asyncio.get_running_loop().create_task(self._launch(process))
        self._starting.add(starting)
        starting.add_done_callback(self._starting.discard)

    def stop(self, run: Run) -> None:
        process = self._processes.get(run)
        if process is not None:
            process.terminate()

    def kill(self, run: Run) -> None:
        process = self._processes.get(run)
        if process is not None:
            process.kill()

    def clean_up(self, job: Job, attempt: Attempt) -> None:
        """Do nothing: processes share no resources."""

    async def close(self) -> None:
        ending = [process.gone for process in self._processes.values()]
        for process in self._processes.values():
            process.kill()
        await asyncio.gather(*self._starting, return_exceptions=True)
        if ending:
            await asyncio.wait(ending, timeout=CLOSE_SECONDS)
        self._memory.close()
        await self._orphans.close()
        shutil.rmtree(self._root, ignore_errors=True)

    async def _launch(self, process: _Process) -> None:
        run = process.run
        command = run.container.described["command"]
        folder = self._root / run.name
        if not command:
            process.fail_to_start(
                "CannotStartContainerError: no command given; the image's command is not used"
            )
            return
        try:
            folder.mkdir()
            await asyncio.get_running_loop().subprocess_exec(
                lambda: process,
                *command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=self._environment(run),
                cwd=folder,
                # A session of its own makes the process the leader
                # of a process group, which `_signal` addresses.
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            process.fail_to_start(_start_failure(command[0], error))
            return
        memory_mib = run.container.memory_mib
        if memory_mib is not None and process.pid is not None:
            self._memory.watch(process.pid, memory_mib, process.kill_for_memory)

    def _environment(self, run: Run) -> Mapping[str, str]:
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        paths = (
            {"PYTHONPATH": os.pathsep.join(self._settings.python_path)} if self._settings.python_path else {}
        )
        return {
            **inherited,
            **paths,
            **client_variables(self._settings.endpoint_url, run.region),
            **own_variables(run.container),
            **batch_variables(run.job, run.attempt),
            RUN_NAME_VARIABLE: run.name,
        }

    def _forget(self, process: _Process) -> None:
        self._processes.pop(process.run, None)
        if process.pid is not None:
            self._memory.unwatch(process.pid)
            self._orphans.reap(process.run.name)
        shutil.rmtree(self._root / process.run.name, ignore_errors=True)


class _Process(asyncio.SubprocessProtocol):
    """The process of one container, from its start to the last line of its output."""

    def __init__(self, run: Run, grace_seconds: float, on_gone: Callable[[_Process], None]) -> None:
        self.run = run
        self.pid: int | None = None
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._grace_seconds = grace_seconds
        self._on_gone = on_gone
        self._transport: asyncio.SubprocessTransport | None = None
        self._lines = LineSplitter()
        self._timers: list[asyncio.TimerHandle] = []
        self._is_stopping = False
        self._is_killed = False
        self._is_over = False
        self._reason: str | None = None

    # Calls of the runner.

    def terminate(self) -> None:
        """Send SIGTERM to the process group, and SIGKILL after the grace period."""
        if self._is_stopping:
            return
        self._is_stopping = True
        self._signal(signal.SIGTERM)
        loop = asyncio.get_running_loop()
        self._timers.append(loop.call_later(self._grace_seconds, self._signal, signal.SIGKILL))

    def kill_for_memory(self) -> None:
        """Kill the process because it exceeds its memory limit."""
        self._reason = reasons.OUT_OF_MEMORY
        self._signal(signal.SIGKILL)

    def kill(self) -> None:
        """Kill the process, and report nothing anymore."""
        self._is_killed = True
        self._signal(signal.SIGKILL)

    def fail_to_start(self, reason: str) -> None:
        self._finish(AttemptEnd.failed_to_start(reason[:255]))

    # Callbacks of the event loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.SubprocessTransport", transport)
        self.pid = self._transport.get_pid()
        if self._is_killed:
            self._signal(signal.SIGKILL)
            return
        self.run.started()
        # `terminate` was called while the process was being started and had no PID.
        if self._is_stopping:
            self._signal(signal.SIGTERM)

    def pipe_data_received(self, _fd: int, data: bytes) -> None:
        lines = self._lines.feed(data)
        if lines and not self._is_killed:
            self.run.log(lines)

    def process_exited(self) -> None:
        # When the main process of a container ends, its other processes are killed.
        self._signal(signal.SIGKILL)
        self._timers.append(asyncio.get_running_loop().call_later(DRAIN_SECONDS, self._end))

    def connection_lost(self, _error: Exception | None) -> None:
        self._end()

    def _end(self) -> None:
        """Report the end once, when the output has been read or the drain time has passed."""
        if self._transport is None or self._is_over:
            return
        last = self._lines.finish()
        if last and not self._is_killed:
            self.run.log(last)
        # asyncio reports death by signal N as -N; shells and container engines report 128 + N.
        code = self._transport.get_returncode() or 0
        self._transport.close()
        self._finish(AttemptEnd(exit_code=code if code >= 0 else 128 - code, reason=self._reason))

    def _finish(self, end: AttemptEnd) -> None:
        self._is_over = True
        for timer in self._timers:
            timer.cancel()
        self._on_gone(self)
        self.gone.set_result(None)
        if not self._is_killed:
            self.run.ended(end)

    def _signal(self, number: signal.Signals) -> None:
        """Signal the process group, including members that have outlived the group's leader."""
        if self.pid is not None and not self._is_over:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)


def _start_failure(program: str, error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return f'CannotStartContainerError: exec: "{program}": executable file not found in $PATH'
    return f'CannotStartContainerError: exec: "{program}": {error}'
