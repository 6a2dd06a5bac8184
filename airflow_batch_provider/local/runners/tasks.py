"""The attempts of a Region in the hands of a runner, whether they have one container or several."""

from __future__ import annotations

from airflow_batch_provider.local.clock import Clock
from airflow_batch_provider.local.lifecycle.effects import AttemptEnd
from airflow_batch_provider.local.lifecycle.jobs import Attempt, Job
from airflow_batch_provider.local.runners.reports import Reports
from airflow_batch_provider.local.runners.runner import Run, Runner
from airflow_batch_provider.local.runners.task import Task
from airflow_batch_provider.local.timers import Timers


class Tasks:
    """
    Has the containers of attempts run.

    :param runner: runs single containers, for all Regions.
    :param reports: told what becomes of attempts.
    """

    def __init__(self, runner: Runner, clock: Clock, timers: Timers, region: str, reports: Reports) -> None:
        self._runner = runner
        self._clock = clock
        self._timers = timers
        self._region = region
        self._reports = reports
        self._running: dict[Attempt, Run | Task] = {}

    def start(self, job: Job, attempt: Attempt) -> None:
        if len(job.spec.containers) == 1:
            run = self._only_run(job, attempt)
            self._running[attempt] = run
            self._runner.start(run)
            return

        def ended(end: AttemptEnd) -> None:
            self._runner.tidy(job, attempt)
            self._ended(job, attempt, end)

        task = Task(job, attempt, self._region, self._runner, self._reports, ended)
        self._running[attempt] = task
        task.start(self._clock, self._timers)

    def stop(self, attempt: Attempt) -> None:
        """Ask an attempt to end, unless it has."""
        running = self._running.get(attempt)
        if isinstance(running, Task):
            running.stop()
        elif running is not None:
            self._runner.stop(running)

    def drop(self, attempt: Attempt) -> bool:
        """Destroy an attempt, which reports nothing any more; tell whether it was there."""
        running = self._running.pop(attempt, None)
        if isinstance(running, Task):
            running.drop()
            self._runner.tidy(running.job, attempt)
        elif running is not None:
            self._runner.drop(running)
        return running is not None

    def close(self) -> None:
        """Destroy all attempts."""
        for attempt in list(self._running):
            self.drop(attempt)

    def _only_run(self, job: Job, attempt: Attempt) -> Run:
        reports, container = self._reports, job.spec.containers[0]

        def started() -> None:
            reports.container_started(job, attempt, container)
            reports.started(job, attempt)

        return Run(
            job=job,
            attempt=attempt,
            index=0,
            region=self._region,
            started=started,
            log=lambda lines: reports.log(job, attempt, container, lines),
            ended=lambda end: self._ended(job, attempt, end),
        )

    def _ended(self, job: Job, attempt: Attempt, end: AttemptEnd) -> None:
        self._running.pop(attempt, None)
        self._reports.ended(job, attempt, end)
