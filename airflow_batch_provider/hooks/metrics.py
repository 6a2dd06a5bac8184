"""Metrics of jobs, sent where Airflow's ``[metrics]`` go: StatsD, Datadog or OpenTelemetry."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Protocol

from airflow_batch_provider.batch.failures.classification import classify

if TYPE_CHECKING:
    from airflow_batch_provider.batch.job import JobDescription

log = logging.getLogger(__name__)

PREFIX: Final = "batch_provider"


class Stats(Protocol):
    """The part of Airflow's ``Stats`` that ``JobMetrics`` needs."""

    def incr(self, stat: str, count: int = ..., *, tags: dict[str, Any] | None = ...) -> None: ...

    def gauge(self, stat: str, value: float, *, tags: dict[str, Any] | None = ...) -> None: ...

    def timing(self, stat: str, dt: Any, *, tags: dict[str, Any] | None = ...) -> None: ...


class JobMetrics:
    """
    Emit counters and timers of jobs.

    ==============================  =======  ==================================================
    ``batch_provider.submits``      counter  jobs submitted; by ``queue``
    ``batch_provider.jobs_ended``   counter  jobs whose end a task observed; by ``queue``,
                                             ``status`` and, if failed, ``failure_class``
    ``batch_provider.queue_time``   timer    from the submission to the start of the last
                                             attempt; by ``queue``
    ``batch_provider.run_time``     timer    duration of the last attempt; by ``queue``
    ``batch_provider.polls``        counter  DescribeJobs calls of waiting tasks; by ``connection``
    ``batch_provider.jobs_waiting`` gauge    jobs that this process waits for; by ``connection``
    ==============================  =======  ==================================================

    :param stats: returns Airflow's ``Stats``; called when the first metric is emitted.
    """

    def __init__(self, stats: Callable[[], Stats]) -> None:
        self._stats = stats

    def record_submit(self, job_queue: str) -> None:
        """Count a submitted job; the job queue is a name or an ARN."""
        self._emit(lambda stats: stats.incr(f"{PREFIX}.submits", tags={"queue": _resource_name(job_queue)}))

    def record_end(self, job: JobDescription) -> None:
        """Count an ended job, and time how long it queued and ran."""
        queue = {"queue": _resource_name(job.job_queue)}
        failure = {} if job.has_succeeded else {"failure_class": str(classify(job).kind)}
        tags = {**queue, "status": str(job.status), **failure}
        self._emit(lambda stats: stats.incr(f"{PREFIX}.jobs_ended", tags=tags))
        self._time("queue_time", job.queue_seconds, queue)
        self._time("run_time", job.run_seconds, queue)

    def record_poll(self, connection: str, calls: int, jobs_waiting: int) -> None:
        """
        Count the calls of one poll, and set the number of jobs that are waited for.

        :param connection: the ID of the Airflow connection.
        :param calls: DescribeJobs calls of this poll.
        :param jobs_waiting: jobs that tasks in this process wait for.
        """
        tags = {"connection": connection}
        if calls:
            self._emit(lambda stats: stats.incr(f"{PREFIX}.polls", calls, tags=tags))
        self._emit(lambda stats: stats.gauge(f"{PREFIX}.jobs_waiting", jobs_waiting, tags=tags))

    def _time(self, name: str, seconds: float | None, tags: dict[str, Any]) -> None:
        if seconds is not None:
            # Airflow's backends take a number as milliseconds; a timedelta is unambiguous.
            duration = timedelta(seconds=seconds)
            self._emit(lambda stats: stats.timing(f"{PREFIX}.{name}", duration, tags=tags))

    def _emit(self, emit: Callable[[Stats], None]) -> None:
        try:
            emit(self._stats())
        except Exception:  # a failing metric must not end a wait
            log.debug("Could not send a metric", exc_info=True)


def worker_metrics() -> JobMetrics:
    """Return the metrics of a worker process, which sets up the ``Stats`` of Airflow's task SDK."""
    return JobMetrics(_worker_stats)


def triggerer_metrics() -> JobMetrics:
    """
    Return the metrics of a triggerer process.

    In Airflow 3.3, the task SDK and the core each have their own ``Stats``, and the triggerer sets up
    only the core's.
    """
    return JobMetrics(_triggerer_stats)


@cache
def _worker_stats() -> Stats:
    from airflow.providers.common.compat.sdk import Stats as WorkerStats

    stats: Stats = WorkerStats
    return stats


@cache
def _triggerer_stats() -> Stats:
    try:
        from airflow.observability.stats import Stats as CoreStats
    except ImportError:  # before Airflow 3.2
        return _worker_stats()
    stats: Stats = CoreStats
    return stats


def _resource_name(arn_or_name: str) -> str:
    return arn_or_name.rpartition("/")[2]
