"""Drives one Region: lets the lifecycle advance, and carries its orders to the runner."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

from airflow_batch_provider.local.arn import Place
from airflow_batch_provider.local.clock import Clock
from airflow_batch_provider.local.lifecycle.containers import Container
from airflow_batch_provider.local.lifecycle.effects import AttemptEnd, StartAttempt, Transition
from airflow_batch_provider.local.lifecycle.jobs import Attempt, Job
from airflow_batch_provider.local.lifecycle.time_limits import BlockedHead
from airflow_batch_provider.local.log_streams import destination_of
from airflow_batch_provider.local.logs import LogWriter
from airflow_batch_provider.local.region import Region
from airflow_batch_provider.local.runners.runner import Runner
from airflow_batch_provider.local.runners.tasks import Tasks
from airflow_batch_provider.local.timers import Timer, Timers

log = logging.getLogger(__name__)

BUDGET: Final = 50
"""Jobs moved before other events of the loop get their turn."""

PAUSE_SECONDS: Final = 0.01

Watcher = Callable[[Region, Transition], None]
BlockedWatcher = Callable[[Region, BlockedHead], None]


class Engine:
    """
    Everything impure about a Region. Lives in an event loop, and needs no locks for that reason.

    :param host_millicpus: see :class:`Scheduler`.
    :param watchers: told of every transition at once, in order.
    :param blocked_watchers: told of every job that comes to block its queue.
    :param must_pause: tells whether those who watch cannot keep up; no job is moved until they can.
    """

    def __init__(
        self,
        place: Place,
        clock: Clock,
        timers: Timers,
        runner: Runner,
        logs: LogWriter,
        host_millicpus: int | None = None,
        watchers: Sequence[Watcher] = (),
        blocked_watchers: Sequence[BlockedWatcher] = (),
        must_pause: Callable[[], bool] = lambda: False,
    ) -> None:
        self.region = Region(place, self._observe, host_millicpus)
        self._watchers = watchers
        self._blocked_watchers = blocked_watchers
        self._must_pause = must_pause
        self._clock = clock
        self._timers = timers
        self._tasks = Tasks(runner, clock, timers, place.region, self)
        self._logs = logs
        self._tick_handle: asyncio.Handle | None = None
        self._deadline: tuple[int, Timer] | None = None

    def wake(self) -> None:
        """Let the lifecycle advance soon, since something has happened."""
        if self._tick_handle is None:
            self._tick_handle = asyncio.get_running_loop().call_soon(self._tick)

    def close(self) -> None:
        """Destroy what runs, and do nothing any more."""
        self._tasks.close()
        if self._tick_handle is not None:
            self._tick_handle.cancel()
        if self._deadline is not None:
            self._deadline[1].cancel()

    def end_attempt(self, job: Job, end: AttemptEnd) -> bool:
        """End a running attempt from outside; tell whether there was one."""
        attempt = job.current
        if attempt is None or not self._tasks.drop(attempt):
            return False
        self.ended(job, attempt, end)
        return True

    # What the runner reports.

    def container_started(self, job: Job, attempt: Attempt, container: Container) -> None:
        """Open the log stream of a container."""
        self._logs.open(self.region.place, destination_of(job, attempt, container))

    def log(self, job: Job, attempt: Attempt, container: Container, lines: Sequence[str]) -> None:
        """Keep what a container has written."""
        self._logs.write(self.region.place, destination_of(job, attempt, container), lines)

    def started(self, job: Job, attempt: Attempt) -> None:
        """Note that an attempt runs."""
        self.region.lifecycle.attempt_started(job, attempt, self._clock.now())
        self.wake()

    def ended(self, job: Job, attempt: Attempt, end: AttemptEnd) -> None:
        """Note that an attempt has ended."""
        self.region.lifecycle.attempt_ended(job, attempt, end, self._clock.now())
        self.wake()

    def _observe(self, transition: Transition) -> None:
        _log_transition(transition)
        for watch in self._watchers:
            watch(self.region, transition)

    def _tick(self) -> None:
        if self._must_pause():
            self._tick_handle = asyncio.get_running_loop().call_later(PAUSE_SECONDS, self._tick)
            return
        self._tick_handle = None
        has_more = self.region.advance(self._clock.now(), BUDGET)
        orders = self.region.lifecycle.orders
        while orders:
            order = orders.popleft()
            if isinstance(order, StartAttempt):
                self._tasks.start(order.job, order.attempt)
            else:
                self._tasks.stop(order.attempt)
        self._tell_of_blocked()
        self._arm()
        if has_more:
            self.wake()

    def _tell_of_blocked(self) -> None:
        news = self.region.scheduler.blocked_heads.news
        while news:
            head = news.popleft()
            for watch in self._blocked_watchers:
                watch(self.region, head)

    def _arm(self) -> None:
        due = self.region.lifecycle.next_deadline()
        if due is None or (self._deadline is not None and self._deadline[0] <= due):
            return
        if self._deadline is not None:
            self._deadline[1].cancel()
        self._deadline = due, self._timers.call_at(due, self._deadline_passed)

    def _deadline_passed(self) -> None:
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
