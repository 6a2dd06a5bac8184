"""Processes that have left their job's process group, found by the environment that they were given."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

import psutil

DEBOUNCE_SECONDS: Final = 0.2

AttemptKey = tuple[str, str]
"""Job id and number of the attempt, as in the environment."""


class StrayHunt:
    """
    Kills what daemonized out of an attempt that has ended: in a container, it would be gone too.

    Attempts that end at about the same time share one look at the process table, taken in a thread.

    :param endpoint_url: recognizes, with job id and attempt, the processes of this server's jobs.
    """

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url
        self._ended: set[AttemptKey] = set()
        self._hunting: asyncio.Task[None] | None = None

    def hunt(self, job_id: str, attempt_number: int) -> None:
        self._ended.add((job_id, str(attempt_number)))
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


def kill_strays(endpoint_url: str, attempts: set[AttemptKey] | None) -> None:
    """
    Kill the processes that carry one of these attempts in their environment.

    :param attempts: ``None`` means every attempt of this endpoint.
    """
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            environment = process.environ()
            if "AWS_BATCH_JOB_ID" not in environment or environment.get("AWS_ENDPOINT_URL") != endpoint_url:
                continue
            key = environment["AWS_BATCH_JOB_ID"], environment.get("AWS_BATCH_JOB_ATTEMPT", "")
            if attempts is None or key in attempts:
                process.kill()
