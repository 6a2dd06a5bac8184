"""The containers of one attempt: which of them may start, and what the end of one means for the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial

from airflow_batch_provider.local.clock import Clock
from airflow_batch_provider.local.lifecycle.containers import Container, ContainerState
from airflow_batch_provider.local.lifecycle.effects import AttemptEnd
from airflow_batch_provider.local.lifecycle.jobs import Attempt, Job
from airflow_batch_provider.local.runners.reports import Reports
from airflow_batch_provider.local.runners.runner import Run, Runner
from airflow_batch_provider.local.timers import Timer, Timers


class Phase(Enum):
    """How far a container has come. One that waits when the task ends stays there."""

    WAITING = auto()
    STARTING = auto()
    RUNNING = auto()
    OVER = auto()


@dataclass(slots=True, eq=False)
class Member:
    """A container of the task."""

    container: Container
    state: ContainerState
    run: Run | None = None
    phase: Phase = Phase.WAITING
    patience: Timer | None = None

    @property
    def is_active(self) -> bool:
        return self.phase in (Phase.STARTING, Phase.RUNNING)


class Task:
    """
    Starts containers in the order of their dependencies, and ends all when an essential one has ended.

    The end of the task is that of the first essential container that ends. The task runs when each of
    its containers runs or has run.

    :param ended: told of the end once, when no container is left.
    """

    def __init__(
        self,
        job: Job,
        attempt: Attempt,
        region: str,
        runner: Runner,
        reports: Reports,
        ended: Callable[[AttemptEnd], None],
    ) -> None:
        self.job = job
        self._attempt = attempt
        self._region = region
        self._runner = runner
        self._reports = reports
        self._report_end = ended
        self._members = [
            Member(container, state)
            for container, state in zip(job.spec.containers, attempt.containers, strict=True)
        ]
        self._by_name = {member.container.name: member for member in self._members}
        self._end: AttemptEnd | None = None
        self._is_ending = False
        self._is_over = False

    def start(self, clock: Clock, timers: Timers) -> None:
        for member in self._members:
            seconds = member.container.start_timeout_seconds
            if seconds is not None and member.container.described.get("dependsOn"):
                due = clock.now() + seconds * 1000
                member.patience = timers.call_at(due, partial(self._lose_patience, member))
        self._go_on()

    def stop(self) -> None:
        """Ask the containers that run to end; the others never start."""
        self._is_ending = True
        self._cancel_patience()
        for member in self._members:
            if member.is_active and member.run is not None:
                self._runner.stop(member.run)
        self._conclude()

    def drop(self) -> None:
        """Destroy all containers, and report nothing any more."""
        self._is_ending = self._is_over = True
        self._cancel_patience()
        for member in self._members:
            if member.is_active and member.run is not None:
                self._runner.drop(member.run)

    # What becomes of containers.

    def _launch(self, index: int, member: Member) -> None:
        member.phase = Phase.STARTING
        member.run = Run(
            job=self.job,
            attempt=self._attempt,
            index=index,
            region=self._region,
            started=lambda: self._has_started(member),
            log=lambda lines: self._reports.log(self.job, self._attempt, member.container, lines),
            ended=lambda end: self._has_ended(member, end),
        )
        self._runner.start(member.run)

    def _has_started(self, member: Member) -> None:
        member.phase = Phase.RUNNING
        member.state.has_started = True
        self._reports.container_started(self.job, self._attempt, member.container)
        if all(each.phase in (Phase.RUNNING, Phase.OVER) for each in self._members):
            self._reports.started(self.job, self._attempt)
        self._go_on()

    def _has_ended(self, member: Member, end: AttemptEnd) -> None:
        member.phase = Phase.OVER
        member.state.is_over = True
        member.state.exit_code, member.state.reason = end.exit_code, end.reason
        if member.container.is_essential and self._end is None:
            self._end = end
            if member.state.has_started:
                self._reports.started(self.job, self._attempt)
            self.stop()
        self._go_on()

    def _lose_patience(self, member: Member) -> None:
        if member.phase is Phase.WAITING and not self._is_ending:
            seconds = member.container.start_timeout_seconds
            self._fail_start(member, f"its dependencies were not met within {seconds} s")

    # What follows.

    def _go_on(self) -> None:
        """Start whoever may start, and give up whoever never will."""
        for index, member in enumerate(self._members):
            if member.phase is not Phase.WAITING or self._is_ending:
                continue
            obstacle = self._obstacle_of(member)
            if obstacle is not None:
                self._fail_start(member, obstacle)
            elif all(self._is_met(each) for each in member.container.described.get("dependsOn", ())):
                self._launch(index, member)
        self._conclude()

    def _fail_start(self, member: Member, why: str) -> None:
        reason = f"CannotStartContainerError: container {member.container.name}: {why}"
        self._has_ended(member, AttemptEnd.failed_to_start(reason[:255]))

    def _is_met(self, dependency: dict[str, str]) -> bool:
        state = self._by_name[dependency["containerName"]].state
        if dependency["condition"] == "START":
            return state.has_started
        return state.is_over and state.has_started

    def _obstacle_of(self, member: Member) -> str | None:
        """Return why a dependency can't be met any more; none if all are or may be."""
        for dependency in member.container.described.get("dependsOn", ()):
            name = dependency["containerName"]
            state = self._by_name[name].state
            if state.is_over and not state.has_started:
                return f"container {name}, on which it depends, was not started"
            if dependency["condition"] == "SUCCESS" and state.is_over and state.exit_code != 0:
                return f"container {name}, on whose success it depends, has exit code {state.exit_code}"
        return None

    def _conclude(self) -> None:
        """Report the end, once nothing runs and nothing will."""
        is_at_rest = not any(member.is_active for member in self._members)
        if is_at_rest and self._is_ending and not self._is_over:
            self._is_over = True
            self._report_end(self._end or AttemptEnd())

    def _cancel_patience(self) -> None:
        for member in self._members:
            if member.patience is not None:
                member.patience.cancel()
