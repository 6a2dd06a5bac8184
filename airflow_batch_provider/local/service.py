"""The local Batch as a whole, without its HTTP server: what is known in all Regions, and what drives it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from airflow_batch_provider.local.api.request import Request
from airflow_batch_provider.local.arn import Place
from airflow_batch_provider.local.calls import CallRecorder
from airflow_batch_provider.local.clock import Clock
from airflow_batch_provider.local.engine import Engine, Watcher
from airflow_batch_provider.local.events.publisher import EventPublisher
from airflow_batch_provider.local.faults import Faults
from airflow_batch_provider.local.logs import CloudWatchLogs
from airflow_batch_provider.local.options import Options
from airflow_batch_provider.local.runners.docker.container import DockerSettings
from airflow_batch_provider.local.runners.docker.engine_api import EngineApi, engine_host
from airflow_batch_provider.local.runners.docker.runner import DockerRunner
from airflow_batch_provider.local.runners.process import ProcessRunner, ProcessSettings
from airflow_batch_provider.local.runners.runner import Runner
from airflow_batch_provider.local.runners.script import ScriptRunner
from airflow_batch_provider.local.state.file import StateFile
from airflow_batch_provider.local.state.journal import Journal
from airflow_batch_provider.local.timers import Timers

MILLI: Final = 1000


class Service:
    """
    Puts the parts together, one engine for each Region that is asked for.

    :param endpoint_url: where jobs find this server.
    """

    def __init__(self, options: Options, endpoint_url: str) -> None:
        self.clock = Clock()
        self.timers = Timers(self.clock)
        self.calls = CallRecorder()
        self.faults = Faults()
        self.events = EventPublisher(options.account_id)
        self.runner = self._make_runner(options, endpoint_url)
        self.journal = (
            None
            if options.state is None
            else Journal(StateFile(options.state, options.account_id), self.clock)
        )
        self._options = options
        self._logs = CloudWatchLogs(Place(options.account_id, options.region))
        self._engines: dict[str, Engine] = {}

    def engine(self, region: str | None) -> Engine:
        """Return what drives a Region; the default one if none is named."""
        name = region or self._options.region
        if name not in self._engines:
            self._engines[name] = Engine(
                Place(self._options.account_id, name),
                self.clock,
                self.timers,
                self.runner,
                self._logs,
                None if self._options.vcpus is None else self._options.vcpus * MILLI,
                self._watchers(),
                (self.events.observe_blocked,),
                lambda: self.events.is_behind,
            )
        return self._engines[name]

    async def open(self) -> None:
        """
        Get ready, and go on with what the state file holds.

        :raises StartError: if the file is damaged, or what runs containers is missing.
        """
        await self.runner.open()
        if self.journal is not None:
            for name in self.journal.revive(lambda name: self.engine(name).region):
                self.engine(name).wake()

    def executed(self, operation: str, request: Request, result: Mapping[str, Any]) -> None:
        """Note that an operation has taken effect."""
        if self.journal is not None:
            self.journal.executed(operation, request, result)

    async def saved(self) -> None:
        """Wait until what has been executed is in the state file, if there is one."""
        if self.journal is not None:
            await self.journal.saved()

    def move_clock(self, milliseconds: int) -> None:
        """Let time pass at once, with all that becomes due."""
        self.clock.move_forward(milliseconds)
        self.timers.rearm()
        for engine in self._engines.values():
            engine.wake()

    def reset(self) -> None:
        """Forget everything (jobs that run are killed) but the time, which never runs backwards."""
        for engine in self._engines.values():
            engine.close()
        self._engines.clear()
        self.calls.clear()
        self.faults.clear()
        if isinstance(self.runner, ScriptRunner):
            self.runner.scripts = ()
        if self.journal is not None:
            self.journal.clear()

    async def close(self) -> None:
        for engine in self._engines.values():
            engine.close()
        await self.runner.close()
        self.events.close()
        if self.journal is not None:
            self.journal.close()

    def _watchers(self) -> tuple[Watcher, ...]:
        return (self.events.observe,) if self.journal is None else (self.journal.observe, self.events.observe)

    def _make_runner(self, options: Options, endpoint_url: str) -> Runner:
        if options.runner == "script":
            return ScriptRunner(self.clock, self.timers)
        if options.runner == "docker":
            containers = DockerSettings(endpoint_url, options.docker_network, options.grace_seconds)
            return DockerRunner(EngineApi(engine_host()), containers)
        settings = ProcessSettings(endpoint_url, options.python_path, options.grace_seconds)
        return ProcessRunner(settings)
