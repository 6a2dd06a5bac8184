"""Kills orphan processes: those that left their container's process group before it ended."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

import psutil

DEBOUNCE_SECONDS: Final = 0.2

RUN_NAME_VARIABLE: Final = "LOCAL_BATCH_RUN"
"""The environment variable that identifies the processes of a run; its value is the run's name."""


class OrphanReaper:
    """
    Kills the daemonized processes of runs that have ended. In a real container, they would end too.

    Runs that end at about the same time share one scan of the process table, made in a thread.

    :param endpoint_url: this server's URL, which identifies the processes of its jobs.
    """

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url
        self._ended: set[str] = set()
        self._reaping: asyncio.Task[None] | None = None

    def reap(self, run_name: str) -> None:
        """Kill the orphan processes of a run that has ended, soon."""
        self._ended.add(run_name)
        if self._reaping is None:
            self._reaping = asyncio.get_running_loop().create_task(self._reap())

    async def close(self) -> None:
        """Kill the processes of all runs of this server."""
        if self._reaping is not None:
            self._reaping.cancel()
        await asyncio.to_thread(kill_orphans, self._endpoint_url, None)

    async def _reap(self) -> None:
        while self._ended:
            await asyncio.sleep(DEBOUNCE_SECONDS)
            ended, self._ended = self._ended, set()
            await asyncio.to_thread(kill_orphans, self._endpoint_url, ended)
        self._reaping = None


def kill_orphans(endpoint_url: str, run_names: set[str] | None) -> None:
    """
    Kill the processes of these runs.

    :param run_names: ``None`` for all runs of this endpoint.
    """
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            environment = process.environ()
            if RUN_NAME_VARIABLE not in environment or environment.get("AWS_ENDPOINT_URL") != endpoint_url:
                continue
            if run_names is None or environment[RUN_NAME_VARIABLE] in run_names:
                process.kill()
