"""The local Batch without its HTTP server: the engines of all Regions, and what they share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from airflow_batch_provider.local.arn import Location
from airflow_batch_provider.local.call_recorder import CallRecorder
from airflow_batch_provider.local.clock import Clock
from airflow_batch_provider.local.cloudwatch_logs import CloudWatchLogs
from airflow_batch_provider.local.engine import Engine, TransitionListener
from airflow_batch_provider.local.events.publisher import EventPublisher
from airflow_batch_provider.local.faults import Faults
from airflow_batch_provider.local.runners.docker.container import DockerSettings
from airflow_batch_provider.local.runners.docker.engine_api import EngineApi, engine_host
from airflow_batch_provider.local.runners.docker.runner import DockerRunner
from airflow_batch_provider.local.runners.process import ProcessRunner, ProcessSettings
from airflow_batch_provider.local.runners.script import ScriptRunner
from airflow_batch_provider.local.state.file import StateFile
from airflow_batch_provider.local.state.journal import Journal
from airflow_batch_provider.local.timers import Timers

if TYPE_CHECKING:
    from airflow_batch_provider.local.lifecycle.jobs import Job
    from airflow_batch_provider.local.options import Options
    from airflow_batch_provider.local.region import Region
    from airflow_batch_provider.local.runners.runner import Runner

MILLI: Final = 1000


class Service:
    """
    Creates the parts of the server, and one engine for each Region on first use.

    :param endpoint_url: the URL at which jobs reach this server.
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
        self._logs = CloudWatchLogs(Location(options.account_id, options.region))
        self._engines: dict[str, Engine] = {}

    def engine(self, region: str | None) -> Engine:
        """Return the engine of a Region, by default of the server's own Region."""
        name = region or self._options.region
        if name not in self._engines:
            self._engines[name] = Engine(
                Location(self._options.account_id, name),
                self.clock,
                self.timers,
                self.runner,
                self._logs,
                None if self._options.vcpus is None else self._options.vcpus * MILLI,
                self._listeners(),
                (self.events.on_blocked_head,),
                lambda: self.events.is_behind,
            )
        return self._engines[name]

    async def open(self) -> None:
        """
        Open the runner, and restore what the state file holds.

        :raises StartError: if the state file is damaged, or no container engine is available.
        """
        await self.runner.open()
        if self.journal is not None:
            for name in self.journal.restore(lambda name: self.engine(name).region):
                self.engine(name).wake()

    def save_changes(self, region: Region, jobs: Iterable[Job]) -> None:
        """Schedule the changes of an operation for the state file, if there is one."""
        if self.journal is not None:
            self.journal.save_changes(region, jobs)

    async def wait_until_saved(self) -> None:
        """Wait until the changes of all operations are in the state file, if there is one."""
        if self.journal is not None:
            await self.journal.wait_until_saved()

    def advance_clock(self, milliseconds: int) -> None:
        """Advance the clock, and process everything that becomes due."""
        self.clock.advance(milliseconds)
        self.timers.reschedule()
        for engine in self._engines.values():
            engine.wake()

    def reset(self) -> None:
        """Kill all jobs and delete all state. The clock keeps its offset, because it never goes back."""
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
        """Kill all jobs, deliver the remaining events and write the remaining changes."""
        for engine in self._engines.values():
            engine.close()
        await self.runner.close()
        self.events.close()
        if self.journal is not None:
            self.journal.close()

    def _listeners(self) -> tuple[TransitionListener, ...]:
        events = self.events.on_transition
        return (events,) if self.journal is None else (self.journal.on_transition, events)

    def _make_runner(self, options: Options, endpoint_url: str) -> Runner:
        if options.runner == "script":
            return ScriptRunner(self.clock, self.timers)
        if options.runner == "docker":
            containers = DockerSettings(endpoint_url, options.docker_network, options.grace_seconds)
            return DockerRunner(EngineApi(engine_host()), containers)
        settings = ProcessSettings(endpoint_url, options.python_path, options.grace_seconds)
        return ProcessRunner(settings)
