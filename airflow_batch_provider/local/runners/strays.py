"""Processes that have left their container's process group, found by the environment they were given."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

import psutil

DEBOUNCE_SECONDS: Final = 0.2

MARK: Final = "LOCAL_BATCH_RUN"
"""The variable by which processes are known; its value is the name of their run."""


class StrayHunt:
    """
    Kills what daemonized out of a run that has ended: with a real container, it would be gone too.

    Runs that end at about the same time share one look at the process table, taken in a thread.

    :param endpoint_url: recognizes the processes of this server's jobs.
    """

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url
        self._ended: set[str] = set()
        self._hunting: asyncio.Task[None] | None = None

    def hunt(self, run_name: str) -> None:
        self._ended.add(run_name)
        if self._hunting is None:
            self._hunting = asyncio.get_running_loop().create_task(self._hunt())

    async def close(self) -> None:
        """Kill the strays of every job of this server."""
        if self._hunting is not None:
            self._hunting.cancel()
        await asyncio.to_thread(kill_strays, self._endpoint_url, None)

    async def _hunt(self) -> None:
        while self._ended:
            await asyncio.sleep(DEBOUNCE_SECONDS)
            ended, self._ended = self._ended, set()
            await asyncio.to_thread(kill_strays, self._endpoint_url, ended)
        self._hunting = None


def kill_strays(endpoint_url: str, run_names: set[str] | None) -> None:
    """
    Kill the processes that carry one of these names in their environment.

    :param run_names: ``None`` means every run of this endpoint.
    """
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            environment = process.environ()
            if MARK not in environment or environment.get("AWS_ENDPOINT_URL") != endpoint_url:
                continue
            if run_names is None or environment[MARK] in run_names:
                process.kill()
