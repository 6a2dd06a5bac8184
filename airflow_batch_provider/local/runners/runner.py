"""What a runner is, and how it reports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from airflow_batch_provider.local.lifecycle.effects import AttemptEnd
from airflow_batch_provider.local.lifecycle.jobs import Attempt, Job


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """
    One attempt in the hands of a runner.

    :param region: e.g. ``eu-west-1``.
    :param started: to be called when the container runs.
    :param log: to be called with the lines that it writes, before ``ended``.
    :param ended: to be called once, at the end.
    """

    job: Job
    attempt: Attempt
    region: str
    started: Callable[[], None]
    log: Callable[[Sequence[str]], None]
    ended: Callable[[AttemptEnd], None]


class Runner(Protocol):
    """Starts and stops attempts. All calls come from the event loop, and none may block it."""

    async def open(self) -> None:
        """:raises StartError: if what runs containers is missing."""

    def start(self, run: Run) -> None:
        """Start an attempt; what becomes of it is reported through ``run``, now or later."""

    def stop(self, run: Run) -> None:
        """Ask an attempt to end, and make it end after the grace."""

    def drop(self, run: Run) -> None:
        """Destroy an attempt at once; it reports nothing any more."""

    async def close(self) -> None:
        """Destroy all attempts and leave nothing behind."""
