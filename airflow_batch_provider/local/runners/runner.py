"""The interface of runners."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from airflow_batch_provider.local.lifecycle.containers import Container
    from airflow_batch_provider.local.lifecycle.jobs import Attempt, Job
    from airflow_batch_provider.local.lifecycle.messages import AttemptEnd


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """
    One run of one container, and the callbacks through which a runner reports on it.

    :param index: the index of the container in its job.
    :param region: such as ``eu-west-1``.
    :param started: call this when the container is running.
    :param log: call this with the lines that the container writes, before ``ended``.
    :param ended: call this once, when the container has ended.
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
        """A unique name."""
        task_id = self.attempt.task_id
        return task_id if len(self.job.spec.containers) == 1 else f"{task_id}-{self.index}"


class Runner(Protocol):
    """Starts and stops containers. All calls come from the event loop and must not block it."""

    async def open(self) -> None:
        """
        Get ready to start containers.

        :raises StartError: if a prerequisite is missing.
        """

    def start(self, run: Run) -> None:
        """Start a container. Report its progress through ``run``, now or later."""

    def stop(self, run: Run) -> None:
        """Send SIGTERM to a container, and SIGKILL after the grace period."""

    def kill(self, run: Run) -> None:
        """Kill a container immediately, and report nothing anymore."""

    def clean_up(self, job: Job, attempt: Attempt) -> None:
        """Remove the resources that the containers of an attempt shared, after all of them have ended."""

    async def close(self) -> None:
        """Kill all containers and remove all resources."""
