"""Runs containers through a container engine."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from airflow_batch_provider.local.lifecycle import reasons
from airflow_batch_provider.local.lifecycle.messages import AttemptEnd
from airflow_batch_provider.local.runners.docker.container import DockerSettings, container_of
from airflow_batch_provider.local.runners.docker.engine_api import EngineApi, EngineError
from airflow_batch_provider.local.runners.docker.volumes import shared_volumes_of
from airflow_batch_provider.local.runners.line_splitter import LineSplitter

if TYPE_CHECKING:
    from airflow_batch_provider.local.lifecycle.jobs import Attempt, Job
    from airflow_batch_provider.local.runners.runner import Run

log = logging.getLogger(__name__)

MAX_REASON: Final = 255
DRAIN_SECONDS: Final = 5.0
"""How long to wait for the last lines of output after a container has ended."""

REMOVAL_ATTEMPTS: Final = 20
REMOVAL_INTERVAL_SECONDS: Final = 0.1
FAILURES: Final = (EngineError, aiohttp.ClientError, OSError)


class DockerRunner:
    """
    Pulls missing images, runs containers, and removes them when they have ended.

    :param engine: the client of the container engine; the runner opens and closes it.
    """

    def __init__(self, engine: EngineApi, settings: DockerSettings) -> None:
        self._engine = engine
        self._settings = settings
        self._containers: dict[Run, _Container] = {}
        self._pulls: dict[str, asyncio.Task[None]] = {}
        self._work: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        await self._engine.open()

    def start(self, run: Run) -> None:
        container = _Container(run, self._engine, self._settings)
        self._containers[run] = container
        self._spawn(self._run(container))

    def stop(self, run: Run) -> None:
        container = self._containers.get(run)
        if container is not None:
            self._spawn(container.stop())

    def kill(self, run: Run) -> None:
        container = self._containers.pop(run, None)
        if container is not None:
            container.silence()
            self._spawn(container.remove())

    def clean_up(self, job: Job, attempt: Attempt) -> None:
        for name in shared_volumes_of(job, attempt).values():
            self._spawn(self._remove_volume(name))

    async def close(self) -> None:
        for run in list(self._containers):
            self.kill(run)
        for pull in self._pulls.values():
            pull.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        await self._engine.close()

    async def _run(self, container: _Container) -> None:
        try:
            end = await self._end_of(container)
        except Exception as error:
            log.exception("running job %s failed unexpectedly", container.run.job.job_id)
            end = AttemptEnd(reason=f"CannotInspectContainerError: {error}"[:MAX_REASON])
        await container.remove()
        # `kill` has removed it if the end must not be reported.
        if self._containers.pop(container.run, None) is not None:
            container.run.ended(end)

    async def _end_of(self, container: _Container) -> AttemptEnd:
        image = str(container.run.container.described["image"])
        try:
            await self._pull_if_missing(image, container)
        except (*FAILURES, asyncio.CancelledError) as error:
            return _not_started("CannotPullContainerError", error)
        try:
            await container.create()
        except FAILURES as error:
            return _not_started("CannotCreateContainerError", error)
        try:
            await container.start()
        except FAILURES as error:
            return _not_started("CannotStartContainerError", error)
        try:
            return await container.follow()
        except FAILURES as error:
            return AttemptEnd(reason=f"CannotInspectContainerError: {error}"[:MAX_REASON])

    async def _pull_if_missing(self, image: str, container: _Container) -> None:
        """Pull an image if it is missing. Attempts that need the same image share the pull."""
        if image not in self._pulls:
            self._pulls[image] = asyncio.get_running_loop().create_task(self._pull(image))
        pull = self._pulls[image]
        await asyncio.wait([pull, container.is_stopped], return_when=asyncio.FIRST_COMPLETED)
        # The container was stopped; the pull continues for other containers.
        if not pull.done():
            raise EngineError(0, "stopped while its image was being pulled")
        self._pulls.pop(image, None)
        await pull

    async def _pull(self, image: str) -> None:
        if not await self._engine.has_image(image):
            log.info("pulling image %s", image)
            await self._engine.pull(image)

    async def _remove_volume(self, name: str) -> None:
        """Remove a volume, retrying while a container that is being removed still uses it."""
        for _ in range(REMOVAL_ATTEMPTS):
            try:
                await self._engine.remove_volume(name)
                return
            except FAILURES as error:
                failure = error
                await asyncio.sleep(REMOVAL_INTERVAL_SECONDS)
        log.warning("volume %s was not removed: %s", name, failure)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)


class _Container:
    """A container, from its creation to its removal."""

    def __init__(self, run: Run, engine: EngineApi, settings: DockerSettings) -> None:
        self.run = run
        self.is_silenced = False
        self._engine = engine
        self._settings = settings
        self._id: str | None = None
        self._runs = False
        self.is_stopped: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def create(self) -> None:
        self._check_not_stopped()
        name = f"local-batch-{self.run.name}"
        self._id = await self._engine.create(name, container_of(self.run, self._settings))

    async def start(self) -> None:
        self._check_not_stopped()
        await self._engine.start(self._known_id)
        self._runs = True
        if not self.is_silenced:
            self.run.started()
        if self.is_stopped.done():
            await self.stop()

    async def follow(self) -> AttemptEnd:
        """Log the container's output until it ends, and return its end."""
        container_id = self._known_id
        reading = asyncio.get_running_loop().create_task(self._read_output(container_id))
        try:
            code = await self._engine.wait(container_id)
            await asyncio.wait([reading], timeout=DRAIN_SECONDS)
        finally:
            reading.cancel()
        is_out_of_memory = await self._engine.was_out_of_memory(container_id)
        return AttemptEnd(exit_code=code, reason=reasons.OUT_OF_MEMORY if is_out_of_memory else None)

    def silence(self) -> None:
        """Report nothing anymore, and do not start if the container has not started yet."""
        self.is_silenced = True
        self._mark_stopped()

    async def stop(self) -> None:
        """Stop the container, or prevent its start."""
        self._mark_stopped()
        if self._id is not None and self._runs:
            grace_seconds = self.run.container.stop_timeout_seconds or self._settings.grace_seconds
            with suppress(*FAILURES):
                await self._engine.stop(self._id, round(grace_seconds))

    async def remove(self) -> None:
        if self._id is not None:
            container_id, self._id = self._id, None
            try:
                await self._engine.remove(container_id)
            except FAILURES as error:
                log.warning("container %s was not removed: %s", container_id, error)

    @property
    def _known_id(self) -> str:
        if self._id is None:
            raise EngineError(0, "the container is gone")
        return self._id

    def _mark_stopped(self) -> None:
        if not self.is_stopped.done():
            self.is_stopped.set_result(None)

    def _check_not_stopped(self) -> None:
        if self.is_stopped.done():
            raise EngineError(0, "stopped before it ran")

    async def _read_output(self, container_id: str) -> None:
        splitter = LineSplitter()
        with suppress(*FAILURES):
            async for data in self._engine.output(container_id):
                self._log(splitter.feed(data))
        self._log(splitter.finish())

    def _log(self, lines: list[str]) -> None:
        if lines and not self.is_silenced:
            self.run.log(lines)


def _not_started(kind: str, error: BaseException) -> AttemptEnd:
    message = f"Error response from daemon: {error}" if isinstance(error, EngineError) else str(error)
    return AttemptEnd.failed_to_start(f"{kind}: {message}"[:MAX_REASON])
