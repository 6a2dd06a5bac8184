"""Drives one Region: advances the lifecycle and passes its commands to the runner."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from airflow_batch_provider.local.lifecycle.messages import AttemptEnd, StartAttempt, Transition
from airflow_batch_provider.local.lifecycle.time_limits import BlockedHead
from airflow_batch_provider.local.log_streams import destination_of
from airflow_batch_provider.local.region import Region
from airflow_batch_provider.local.runners.attempt_runner import AttemptRunner

if TYPE_CHECKING:
    from airflow_batch_provider.local.arn import Location
    from airflow_batch_provider.local.clock import Clock
    from airflow_batch_provider.local.cloudwatch_logs import LogWriter
    from airflow_batch_provider.local.lifecycle.containers import Container
    from airflow_batch_provider.local.lifecycle.jobs import Attempt, Job
    from airflow_batch_provider.local.runners.runner import Runner
    from airflow_batch_provider.local.timers import Timer, Timers

log = logging.getLogger(__name__)

STEPS_PER_TICK: Final = 50
"""Steps of the lifecycle before the event loop handles other events."""

PAUSE_SECONDS: Final = 0.01

TransitionListener = Callable[[Region, Transition], None]
BlockedHeadListener = Callable[[Region, BlockedHead], None]


class Engine:
    """
    The side effects of a Region: the lifecycle itself is pure.

    An engine lives in one event loop, so it needs no locks.

    :param host_millicpus: see :class:`Scheduler`.
    :param listeners: called with each transition immediately, in order.
    :param blocked_head_listeners: called with each job that starts to block its queue.
    :param must_pause: returns whether the listeners cannot keep up; no job changes until they can.
    """

    def __init__(
        self,
        location: Location,
        clock: Clock,
        timers: Timers,
        runner: Runner,
        logs: LogWriter,
        host_millicpus: int | None = None,
        listeners: Sequence[TransitionListener] = (),
        blocked_head_listeners: Sequence[BlockedHeadListener] = (),
        must_pause: Callable[[], bool] = lambda: False,
    ) -> None:
        self.region = Region(location, self._on_transition, host_millicpus)
        self._listeners = listeners
        self._blocked_head_listeners = blocked_head_listeners
        self._must_pause = must_pause
        self._clock = clock
        self._timers = timers
        self._attempts = AttemptRunner(runner, clock, timers, location.region, self)
        self._logs = logs
        self._tick_handle: asyncio.Handle | None = None
        self._deadline: tuple[int, Timer] | None = None

    def wake(self) -> None:
        """Advance the lifecycle in the next turn of the event loop."""
        if self._tick_handle is None:
            self._tick_handle = asyncio.get_running_loop().call_soon(self._tick)

    def close(self) -> None:
        """Kill all running attempts and stop."""
        self._attempts.close()
        if self._tick_handle is not None:
            self._tick_handle.cancel()
        if self._deadline is not None:
            self._deadline[1].cancel()

    def end_attempt(self, job: Job, end: AttemptEnd) -> bool:
        """Kill the running attempt of a job and record this end; return whether there was an attempt."""
        attempt = job.current
        if attempt is None or not self._attempts.kill(attempt):
            return False
        self.ended(job, attempt, end)
        return True

    # Reports of the runner (see AttemptListener).

    def container_started(self, job: Job, attempt: Attempt, container: Container) -> None:
        """Create the log stream of a container."""
        self._logs.open(self.region.location, destination_of(job, attempt, container))

    def log(self, job: Job, attempt: Attempt, container: Container, lines: Sequence[str]) -> None:
        """Write a container's output to its log stream."""
        self._logs.write(self.region.location, destination_of(job, attempt, container), lines)

    def started(self, job: Job, attempt: Attempt) -> None:
        """Record that an attempt is running."""
        self.region.lifecycle.attempts.started(job, attempt, self._clock.now())
        self.wake()

    def ended(self, job: Job, attempt: Attempt, end: AttemptEnd) -> None:
        """Record that an attempt has ended."""
        self.region.lifecycle.attempts.ended(job, attempt, end, self._clock.now())
        self.wake()

    def _on_transition(self, transition: Transition) -> None:
        _log_transition(transition)
        for listener in self._listeners:
            listener(self.region, transition)

    def _tick(self) -> None:
        # The handle stays set during the pause, so that `wake` does not tick in between.
        if self._must_pause():
            self._tick_handle = asyncio.get_running_loop().call_later(PAUSE_SECONDS, self._tick)
            return
        self._tick_handle = None
        has_more = self.region.advance(self._clock.now(), STEPS_PER_TICK)
        commands = self.region.lifecycle.commands
        while commands:
            command = commands.popleft()
            if isinstance(command, StartAttempt):
                self._attempts.start(command.job, command.attempt)
            else:
                self._attempts.stop(command.attempt)
        self._report_blocked_heads()
        self._schedule_deadline()
        if has_more:
            self.wake()

    def _report_blocked_heads(self) -> None:
        unreported = self.region.scheduler.blocked_heads.unreported
        while unreported:
            head = unreported.popleft()
            for listener in self._blocked_head_listeners:
                listener(self.region, head)

    def _schedule_deadline(self) -> None:
        due = self.region.lifecycle.next_deadline()
        # A timer that fires too early only costs a tick, which schedules the next one.
        if due is None or (self._deadline is not None and self._deadline[0] <= due):
            return
        if self._deadline is not None:
            self._deadline[1].cancel()
        self._deadline = due, self._timers.call_at(due, self._on_deadline)

    def _on_deadline(self) -> None:
        self._deadline = None
        self.wake()


def _log_transition(transition: Transition) -> None:
    job = transition.job
    level = logging.INFO if job.parent is None else logging.DEBUG
    if log.isEnabledFor(level):
        log.log(
            level,
            "job %s (%s) %s -> %s%s",
            job.job_id,
            job.spec.job_name,
            transition.old,
            transition.new,
            f": {job.status_reason}" if job.status_reason else "",
        )
