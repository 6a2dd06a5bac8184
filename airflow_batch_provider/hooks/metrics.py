"""Metrics about jobs, wherever Airflow's ``[metrics]`` send its own: StatsD, Datadog or OpenTelemetry."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any, Final, Protocol

from airflow_batch_provider.batch.failures.classification import classify
from airflow_batch_provider.batch.job import JobDescription

log = logging.getLogger(__name__)

PREFIX: Final = "batch_provider"


class Stats(Protocol):
    """The part of Airflow's ``Stats`` that is needed here."""

    def incr(self, stat: str, count: int = ..., *, tags: dict[str, Any] | None = ...) -> None: ...

    def gauge(self, stat: str, value: float, *, tags: dict[str, Any] | None = ...) -> None: ...

    def timing(self, stat: str, dt: Any, *, tags: dict[str, Any] | None = ...) -> None: ...


class JobMetrics:
    """
    Counts and times jobs.

    ==============================  =======  ==================================================
    ``batch_provider.submits``      counter  jobs submitted; by ``queue``
    ``batch_provider.jobs_ended``   counter  jobs whose end a task has seen; by ``queue``,
                                             ``status`` and, of failed ones, ``failure_class``
    ``batch_provider.queue_time``   timer    from submission to the start of the last attempt;
                                             by ``queue``
    ``batch_provider.run_time``     timer    from there to the end; by ``queue``
    ``batch_provider.polls``        counter  DescribeJobs calls of those who wait; by ``connection``
    ``batch_provider.jobs_waiting`` gauge    jobs that one process waits for; by ``connection``
    ==============================  =======  ==================================================

    :param stats: gives Airflow's ``Stats`` when it is first needed.
    """

    def __init__(self, stats: Callable[[], Stats]) -> None:
        self._stats = stats

    def submitted(self, job_queue: str) -> None:
        """Count a job that was made; the queue is a name or an ARN."""
        self._emit(lambda stats: stats.incr(f"{PREFIX}.submits", tags={"queue": _name_of(job_queue)}))

    def ended(self, job: JobDescription) -> None:
        """Count a job that has ended, and how long it has queued and run."""
        queue = {"queue": _name_of(job.job_queue)}
        failure = {} if job.has_succeeded else {"failure_class": str(classify(job).kind)}
        tags = {**queue, "status": str(job.status), **failure}
        self._emit(lambda stats: stats.incr(f"{PREFIX}.jobs_ended", tags=tags))
        self._time("queue_time", job.queue_seconds, queue)
        self._time("run_time", job.run_seconds, queue)

    def polled(self, connection: str, calls: int, jobs_waiting: int) -> None:
        """
        Note a round of DescribeJobs.

        :param connection: the Airflow connection's id.
        :param jobs_waiting: for how many jobs somebody waits now.
        """
        tags = {"connection": connection}
        if calls:
            self._emit(lambda stats: stats.incr(f"{PREFIX}.polls", calls, tags=tags))
        self._emit(lambda stats: stats.gauge(f"{PREFIX}.jobs_waiting", jobs_waiting, tags=tags))

    def _time(self, name: str, seconds: float | None, tags: dict[str, Any]) -> None:
        if seconds is not None:
            taken = timedelta(seconds=seconds)
            self._emit(lambda stats: stats.timing(f"{PREFIX}.{name}", taken, tags=tags))

    def _emit(self, emit: Callable[[Stats], None]) -> None:
        try:
            emit(self._stats())
        except Exception:  # a metric that cannot be sent must not end a wait
            log.debug("A metric of AWS Batch's jobs cannot be sent", exc_info=True)


def of_workers() -> JobMetrics:
    """Metrics of a process that runs tasks: it has set up the ``Stats`` of Airflow's task SDK."""
    return JobMetrics(_stats_of_workers)


def of_triggerer() -> JobMetrics:
    """
    Metrics of a process that runs triggers.

    On Airflow 3.3 the task SDK and the core have ``Stats`` of their own, and the triggerer sets up only
    that of the core.
    """
    return JobMetrics(_stats_of_triggerer)


@cache
def _stats_of_workers() -> Stats:
    from airflow.providers.common.compat.sdk import Stats as WorkersStats

    stats: Stats = WorkersStats
    return stats


@cache
def _stats_of_triggerer() -> Stats:
    try:
        from airflow.observability.stats import Stats as CoreStats
    except ImportError:  # before Airflow 3.2
        return _stats_of_workers()
    stats: Stats = CoreStats
    return stats


def _name_of(arn_or_name: str) -> str:
    return arn_or_name.rpartition("/")[2]
