"""An attempt with several containers: their start order, and how the end of one affects the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from typing import TYPE_CHECKING

from airflow_batch_provider.local.lifecycle.messages import AttemptEnd
from airflow_batch_provider.local.runners.runner import Run, Runner

if TYPE_CHECKING:
    from airflow_batch_provider.local.clock import Clock
    from airflow_batch_provider.local.lifecycle.containers import Container, ContainerState
    from airflow_batch_provider.local.lifecycle.jobs import Attempt, Job
    from airflow_batch_provider.local.runners.attempt_listener import AttemptListener
    from airflow_batch_provider.local.timers import Timer, Timers


class Phase(Enum):
    """The phase of a container. A container that is still WAITING when the task ends never starts."""

    WAITING = auto()
    STARTING = auto()
    RUNNING = auto()
    OVER = auto()


@dataclass(slots=True, eq=False)
class TaskContainer:
    """A container of the task."""

    container: Container
    state: ContainerState
    run: Run | None = None
    phase: Phase = Phase.WAITING
    start_timer: Timer | None = None

    @property
    def is_active(self) -> bool:
        return self.phase in (Phase.STARTING, Phase.RUNNING)


class Task:
    """
    Starts containers in the order of their dependencies, and stops all when an essential one has ended.

    The first essential container that ends determines the end of the task. The task is running when each of
    its containers is running or has ended.

    :param ended: called once with the end, when no container is left.
    """

    def __init__(
        self,
        job: Job,
        attempt: Attempt,
        region: str,
        runner: Runner,
        listener: AttemptListener,
        ended: Callable[[AttemptEnd], None],
    ) -> None:
        self.job = job
        self._attempt = attempt
        self._region = region
        self._runner = runner
        self._listener = listener
        self._report_end = ended
        self._members = [
            TaskContainer(container, state)
            for container, state in zip(job.spec.containers, attempt.containers, strict=True)
        ]
        self._by_name = {member.container.name: member for member in self._members}
        self._end: AttemptEnd | None = None
        self._is_ending = False
        self._is_over = False

    def start(self, clock: Clock, timers: Timers) -> None:
        """Start the containers that wait for no other, and the start timers of the rest."""
        for member in self._members:
            seconds = member.container.start_timeout_seconds
            if seconds is not None and member.container.described.get("dependsOn"):
                due = clock.now() + seconds * 1000
                member.start_timer = timers.call_at(due, partial(self._on_start_timeout, member))
        self._start_ready()

    def stop(self) -> None:
        """Stop the running containers; the others never start."""
        self._is_ending = True
        self._cancel_start_timers()
        for member in self._members:
            if member.is_active and member.run is not None:
                self._runner.stop(member.run)
        self._conclude()

    def kill(self) -> None:
        """Kill all containers, and report nothing anymore."""
        self._is_ending = self._is_over = True
        self._cancel_start_timers()
        for member in self._members:
            if member.is_active and member.run is not None:
                self._runner.kill(member.run)

    # Containers.

    def _launch(self, index: int, member: TaskContainer) -> None:
        member.phase = Phase.STARTING
        member.run = Run(
            job=self.job,
            attempt=self._attempt,
            index=index,
            region=self._region,
            started=lambda: self._on_started(member),
            log=lambda lines: self._listener.log(self.job, self._attempt, member.container, lines),
            ended=lambda end: self._on_ended(member, end),
        )
        self._runner.start(member.run)

    def _on_started(self, member: TaskContainer) -> None:
        member.phase = Phase.RUNNING
        member.state.has_started = True
        self._listener.container_started(self.job, self._attempt, member.container)
        if all(each.phase in (Phase.RUNNING, Phase.OVER) for each in self._members):
            self._listener.started(self.job, self._attempt)
        self._start_ready()

    def _on_ended(self, member: TaskContainer, end: AttemptEnd) -> None:
        member.phase = Phase.OVER
        member.state.is_over = True
        member.state.exit_code, member.state.reason = end.exit_code, end.reason
        # Later ends of essential containers are consequences of the first one.
        if member.container.is_essential and self._end is None:
            self._end = end
            if member.state.has_started:
                self._listener.started(self.job, self._attempt)
            self.stop()
        self._start_ready()

    def _on_start_timeout(self, member: TaskContainer) -> None:
        if member.phase is Phase.WAITING and not self._is_ending:
            seconds = member.container.start_timeout_seconds
            self._fail_start(member, f"its dependencies were not met within {seconds} s")

    # Consequences.

    def _start_ready(self) -> None:
        """Start containers whose dependencies are met, and fail those whose dependencies never will be."""
        for index, member in enumerate(self._members):
            if member.phase is not Phase.WAITING or self._is_ending:
                continue
            failure = self._failed_dependency(member)
            if failure is not None:
                self._fail_start(member, failure)
            elif all(self._is_met(each) for each in member.container.described.get("dependsOn", ())):
                self._launch(index, member)
        self._conclude()

    def _fail_start(self, member: TaskContainer, why: str) -> None:
        reason = f"CannotStartContainerError: container {member.container.name}: {why}"
        self._on_ended(member, AttemptEnd.failed_to_start(reason[:255]))

    def _is_met(self, dependency: dict[str, str]) -> bool:
        state = self._by_name[dependency["containerName"]].state
        if dependency["condition"] == "START":
            return state.has_started
        return state.is_over and state.has_started

    def _failed_dependency(self, member: TaskContainer) -> str | None:
        """Return why a dependency can no longer be met, or ``None`` if all still can."""
        for dependency in member.container.described.get("dependsOn", ()):
            name = dependency["containerName"]
            state = self._by_name[name].state
            if state.is_over and not state.has_started:
                return f"container {name}, on which it depends, was not started"
            if dependency["condition"] == "SUCCESS" and state.is_over and state.exit_code != 0:
                return f"container {name}, on whose success it depends, has exit code {state.exit_code}"
        return None

    def _conclude(self) -> None:
        """Report the end of the task once no container is running."""
        has_stopped = not any(member.is_active for member in self._members)
        if has_stopped and self._is_ending and not self._is_over:
            self._is_over = True
            self._report_end(self._end or AttemptEnd())

    def _cancel_start_timers(self) -> None:
        for member in self._members:
            if member.start_timer is not None:
                member.start_timer.cancel()
