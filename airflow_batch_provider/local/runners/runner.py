"""What a runner is, and how it reports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from airflow_batch_provider.local.lifecycle.containers import Container
from airflow_batch_provider.local.lifecycle.effects import AttemptEnd
from airflow_batch_provider.local.lifecycle.jobs import Attempt, Job


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """
    One container of an attempt in the hands of a runner.

    :param index: of the container among those of its job.
    :param region: e.g. ``eu-west-1``.
    :param started: to be called when the container runs.
    :param log: to be called with the lines that it writes, before ``ended``.
    :param ended: to be called once, at the end.
    """

    job: Job
    attempt: Attempt
    index: int
    region: str
    started: Callable[[], None]
    log: Callable[[Sequence[str]], None]
    ended: Callable[[AttemptEnd], None]

    @property
    def container(self) -> Container:
        return self.job.spec.containers[self.index]

    @property
    def name(self) -> str:
        """A name that no other run has ever had."""
        task_id = self.attempt.task_id
        return task_id if len(self.job.spec.containers) == 1 else f"{task_id}-{self.index}"


class Runner(Protocol):
    """Starts and stops containers. All calls come from the event loop, and none may block it."""

    async def open(self) -> None:
        """:raises StartError: if what runs containers is missing."""

    def start(self, run: Run) -> None:
        """Start a container; what becomes of it is reported through ``run``, now or later."""

    def stop(self, run: Run) -> None:
        """Ask a container to end, and make it end after the grace."""

    def drop(self, run: Run) -> None:
        """Destroy a container at once; it reports nothing any more."""

    def tidy(self, job: Job, attempt: Attempt) -> None:
        """Remove what the containers of an attempt had in common; all of them have ended."""

    async def close(self) -> None:
        """Destroy all containers and leave nothing behind."""
