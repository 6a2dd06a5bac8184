"""Waits for jobs and array jobs without a worker slot."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from airflow.triggers.base import BaseTrigger, TaskSuccessEvent, TriggerEvent

from airflow_batch_provider import defaults
from airflow_batch_provider.batch.job import JobDescription
from airflow_batch_provider.errors import BatchProviderError, WaitAbandonedError
from airflow_batch_provider.following.decisions import STARTED_ANEW
from airflow_batch_provider.following.wait_terms import WaitTerms
from airflow_batch_provider.hooks.connection import AwsConnection
from airflow_batch_provider.hooks.job_logger import JobLogger
from airflow_batch_provider.links.batch import BatchJobLogLink
from airflow_batch_provider.triggers.killing import KilledTask
from airflow_batch_provider.triggers.shared import SharedServices, shared_services

SETTLING_SECONDS: Final = 5.0
"""How long after its deferral a task is left in peace before it is sent to a worker again.

A scheduler that has queued the task for its second half before it hears from the executor that the
first half's process has ended takes the task for killed, and fails it ("reported that the task
instance finished with state success, but the task instance's state attribute is running").
"""

LAST_WORDS_SECONDS: Final = 10.0
"""How long the trigger of a killed task stays to show what its jobs have printed."""


class BatchJobTrigger(BaseTrigger):
    """
    Wait until jobs have ended, whatever their end.

    Its event is ``{"jobs": [description, …]}`` in the order of ``job_ids``, or
    ``{"error": text, "retryable": bool}`` where the wait itself failed, with ``"given_up": True``
    where the job has not ended in the time that ``terms`` allow and should be terminated.

    :param job_ids: ids of jobs, array jobs or array children, any number.
    :param connection: the four connection keywords as a mapping.
    :param poll_interval_seconds: from one round of DescribeJobs to the next.
    :param token: comes back in the event under ``token``; tells a task's tries apart.
    :param kill_reason: with it, the jobs are terminated when somebody kills the deferred task
        (Airflow 3.3 or newer tells the trigger); without it, they are none of ours.
    :param terms: ``WaitTerms`` as a mapping; without them the wait has no end of its own.
    :param ends_task: end the task here, without another worker, when its one job has succeeded.
    :param log_lines: lines of each attempt's log to show then, the last ones.
    """

    links_at_end: tuple[Any, ...] = (BatchJobLogLink(),)
    """What is published of a job that has succeeded; the other links are known before the task waits."""

    def __init__(
        self,
        *,
        job_ids: Sequence[str],
        connection: Mapping[str, Any],
        poll_interval_seconds: float,
        token: Mapping[str, int] | None = None,
        kill_reason: str | None = None,
        terms: Mapping[str, Any] | None = None,
        ends_task: bool = False,
        log_lines: int = defaults.LOG_LINES_MAX,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.job_ids = list(job_ids)
        self.connection = AwsConnection(**connection)
        self.poll_interval_seconds = poll_interval_seconds
        self.token = dict(token) if token is not None else None
        self.kill_reason = kill_reason
        self.terms = WaitTerms.from_json(terms) if terms is not None else None
        self.ends_task = ends_task
        self.log_lines = log_lines
        self._killing: asyncio.Task[None] | None = None

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Write what ``__init__`` takes."""
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            {
                "job_ids": self.job_ids,
                "connection": self.connection.to_json(),
                "poll_interval_seconds": self.poll_interval_seconds,
                "token": self.token,
                "kill_reason": self.kill_reason,
                "terms": self.terms.to_json() if self.terms is not None else None,
                "ends_task": self.ends_task,
                "log_lines": self.log_lines,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait with all others that use this connection; log each change of a job."""
        services = shared_services(self.connection)
        try:
            jobs = await self._ended_jobs(services)
        except BatchProviderError as error:
            given_up = (
                {"given_up": True, "job_ids": self.job_ids} if isinstance(error, WaitAbandonedError) else {}
            )
            event: dict[str, Any] = {"error": str(error), "retryable": error.retryable, **given_up}
        except Exception as error:
            event = {"error": f"waiting for {', '.join(self.job_ids)} failed: {error!r}", "retryable": True}
        else:
            if await self._can_end_task(services, jobs):
                yield TaskSuccessEvent()
                return
            if seconds := self._settling_seconds(jobs):
                await services.pause(seconds)
            event = {"jobs": [job.to_json() for job in jobs]}
        if self.token is not None:
            event["token"] = self.token
        yield TriggerEvent(event)  # type: ignore[no-untyped-call]

    async def on_kill(self) -> None:
        """Begin to terminate the jobs, if somebody has really killed the task; ``cleanup`` waits for it."""
        ti = self.task_instance
        if self.kill_reason is None or ti is None:
            return
        self.log.info("Told to wait no longer; unless the task is deferred again: %s", self.kill_reason)
        self._killing = asyncio.get_running_loop().create_task(self._kill(ti, self.kill_reason))

    async def cleanup(self) -> None:
        """
        Stay until the jobs of a killed task are terminated and what they have printed is shown.

        Airflow closes the task's log when this returns. It cancels a killed trigger once more in each
        of its rounds, about one a second; an ``on_kill`` that waited would end with the second.
        """
        if self._killing is not None:
            await _despite_cancellation(self._killing, LAST_WORDS_SECONDS)

    async def _kill(self, ti: Any, reason: str) -> None:
        services = shared_services(self.connection)
        task = KilledTask(
            dag_id=ti.dag_id,
            run_id=ti.run_id,
            task_id=ti.task_id,
            job_ids=tuple(self.job_ids),
            reason=reason,
            map_index=ti.map_index,
        )
        if not await services.killer.kill(task):
            return
        for job_id in self.job_ids:
            self.log.info("Job %s has been terminated", job_id)
            async for line in services.ending.last_words(ti, job_id, self.log_lines, self.links_at_end):
                self.log.info("%s", line)

    async def _ended_jobs(self, services: SharedServices) -> list[JobDescription]:
        terms = self.terms
        wait = services.poller.wait(
            self.job_ids,
            interval_seconds=self.poll_interval_seconds,
            on_change=JobLogger(self.log, services.metrics if self.kill_reason is not None else None),
            stop_reason=None if terms is None else lambda job: terms.stop_reason(job, time.time()),
        )
        if terms is None or terms.deadline is None:
            ended = await wait
        else:
            ended = await _until(terms, wait, services)
        return [ended[job_id] for job_id in self.job_ids]

    async def _can_end_task(self, services: SharedServices, jobs: Sequence[JobDescription]) -> bool:
        ti = self.task_instance
        if not self.ends_task or ti is None or len(jobs) != 1 or not jobs[0].has_succeeded:
            return False
        (job,) = jobs
        if not await services.ending.follows(ti, job.job_id):
            return False
        for line in await services.ending.report(ti, job, self.log_lines, self.links_at_end):
            self.log.info("%s", line)
        self.log.info("Job %s '%s' %s", job.job_id, job.job_name, job.status)
        return True

    def _settling_seconds(self, jobs: Sequence[JobDescription]) -> float:
        """A job that a newer try has terminated is the concern of that try, which has just deferred."""
        if any(STARTED_ANEW in (job.status_reason or "") for job in jobs):
            return SETTLING_SECONDS
        waited = time.time() - self.terms.since if self.terms is not None else SETTLING_SECONDS
        return min(max(SETTLING_SECONDS - waited, 0), SETTLING_SECONDS)


async def _until(terms: WaitTerms, wait: Any, services: SharedServices) -> Any:
    """Await, but not beyond the deadline."""
    waiting = asyncio.ensure_future(wait)
    clock = asyncio.ensure_future(services.pause(max((terms.deadline or 0) - time.time(), 0)))
    try:
        await asyncio.wait({waiting, clock}, return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            return waiting.result()
        raise terms.overdue()
    finally:
        clock.cancel()
        waiting.cancel()


async def _despite_cancellation(task: asyncio.Task[None], seconds: float) -> None:
    """Wait for a task, however often whoever waits is cancelled."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not task.done() and loop.time() < end:
        with suppress(asyncio.CancelledError):
            await asyncio.wait({task}, timeout=end - loop.time())
