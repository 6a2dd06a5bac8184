"""Runs the attempts of a Region, with one container or several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_batch_provider.local.runners.runner import Run, Runner
from airflow_batch_provider.local.runners.task import Task

if TYPE_CHECKING:
    from airflow_batch_provider.local.clock import Clock
    from airflow_batch_provider.local.lifecycle.jobs import Attempt, Job
    from airflow_batch_provider.local.lifecycle.messages import AttemptEnd
    from airflow_batch_provider.local.runners.attempt_listener import AttemptListener
    from airflow_batch_provider.local.timers import Timers


class AttemptRunner:
    """
    Starts and stops attempts through a runner of containers.

    :param runner: runs containers, for all Regions.
    :param listener: receives the progress of attempts.
    """

    def __init__(
        self, runner: Runner, clock: Clock, timers: Timers, region: str, listener: AttemptListener
    ) -> None:
        self._runner = runner
        self._clock = clock
        self._timers = timers
        self._region = region
        self._listener = listener
        self._running: dict[Attempt, Run | Task] = {}

    def start(self, job: Job, attempt: Attempt) -> None:
        """Start the containers of an attempt."""
        if len(job.spec.containers) == 1:
            run = self._only_run(job, attempt)
            self._running[attempt] = run
            self._runner.start(run)
            return

        def ended(end: AttemptEnd) -> None:
            self._runner.clean_up(job, attempt)
            self._on_ended(job, attempt, end)

        task = Task(job, attempt, self._region, self._runner, self._listener, ended)
        self._running[attempt] = task
        task.start(self._clock, self._timers)

    def stop(self, attempt: Attempt) -> None:
        """Stop an attempt, unless it has ended."""
        running = self._running.get(attempt)
        if isinstance(running, Task):
            running.stop()
        elif running is not None:
            self._runner.stop(running)

    def kill(self, attempt: Attempt) -> bool:
        """Kill an attempt without a report; return whether it was running."""
        running = self._running.pop(attempt, None)
        if isinstance(running, Task):
            running.kill()
            self._runner.clean_up(running.job, attempt)
        elif running is not None:
            self._runner.kill(running)
        return running is not None

    def close(self) -> None:
        """Kill all attempts."""
        for attempt in list(self._running):
            self.kill(attempt)

    def _only_run(self, job: Job, attempt: Attempt) -> Run:
        listener, container = self._listener, job.spec.containers[0]

        def started() -> None:
            listener.container_started(job, attempt, container)
            listener.started(job, attempt)

        return Run(
            job=job,
            attempt=attempt,
            index=0,
            region=self._region,
            started=started,
            log=lambda lines: listener.log(job, attempt, container, lines),
            ended=lambda end: self._on_ended(job, attempt, end),
        )

    def _on_ended(self, job: Job, attempt: Attempt, end: AttemptEnd) -> None:
        self._running.pop(attempt, None)
        self._listener.ended(job, attempt, end)
