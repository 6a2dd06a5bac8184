"""Wait for jobs and array jobs without a worker slot."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from airflow.triggers.base import BaseTrigger, TaskSuccessEvent, TriggerEvent

from airflow_batch_provider import defaults
from airflow_batch_provider.following.terminations import RESTARTED
from airflow_batch_provider.following.wait_terms import WaitTerms
from airflow_batch_provider.handover import TryToken, WaitEvent
from airflow_batch_provider.hooks.connection import AwsConnection
from airflow_batch_provider.hooks.job_logger import JobLogger
from airflow_batch_provider.hooks.settings import refused_seconds
from airflow_batch_provider.links.batch import BatchJobLogLink
from airflow_batch_provider.triggers.killed_tasks import Verdict
from airflow_batch_provider.triggers.killing import KilledTask
from airflow_batch_provider.triggers.settling import SETTLING_SECONDS, settling_seconds
from airflow_batch_provider.triggers.shared import SharedServices, shared_services
from airflow_batch_provider.triggers.task_access import ShownEnd
from airflow_batch_provider.triggers.unknown_keywords import UnknownKeywords

if TYPE_CHECKING:
    from airflow_batch_provider.batch.job import JobDescription
    from airflow_batch_provider.task_end import TaskEnd

KILL_SECONDS: Final = 10.0
"""How long a cancelled trigger stays to read its task's state, terminate the jobs and show their logs."""


class BatchJobTrigger(BaseTrigger):
    """
    Wait until jobs have ended, whatever their status.

    Its event is a ``WaitEvent`` as JSON. Airflow stores the arguments. ``__init__`` also accepts what other
    versions have stored; it raises no error but TypeError, because any other would stop the triggerer.

    :param job_ids: IDs of jobs, array jobs or array children, any number.
    :param connection: the four connection keywords as a mapping.
    :param poll_interval_seconds: seconds from one round of DescribeJobs to the next.
    :param token: a ``TryToken`` as a mapping; the event returns it.
    :param kill_reason: the reason with which the jobs are terminated when the deferred task is killed
        (Airflow 3.3 or later); without it, the task does not own the jobs and leaves them running.
    :param terms: ``WaitTerms`` as a mapping; without them the trigger waits without a limit.
    :param ends_task: end the task in the triggerer, without another worker, when its one job has succeeded.
    :param log_lines: the number of last lines of each attempt's log to show then.
    :param failed_children_logs: the number of failed children whose logs to show if the task is killed.
    :param unknown: keywords that only other versions know; see ``UnknownKeywords``.
    """

    links_at_end: tuple[Any, ...] = (BatchJobLogLink(),)
    """The links that are published when the job has ended; a worker publishes the others before the wait."""

    def __init__(
        self,
        *,
        job_ids: Sequence[str],
        connection: Mapping[str, Any] | None = None,
        poll_interval_seconds: float = defaults.POLL_INTERVAL_SECONDS,
        token: Mapping[str, int] | None = None,
        kill_reason: str | None = None,
        terms: Mapping[str, Any] | None = None,
        ends_task: bool = False,
        log_lines: int = defaults.LOG_LINES_MAX,
        failed_children_logs: int = defaults.FAILED_CHILDREN_SHOWN,
        **unknown: Any,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.job_ids = list(job_ids)
        self.connection = AwsConnection.from_json(connection)
        self.poll_interval_seconds = poll_interval_seconds
        self.token = TryToken.from_json(token)
        self.kill_reason = kill_reason
        self.terms = WaitTerms.from_json(terms) if terms is not None else None
        self.ends_task = ends_task
        self.log_lines = log_lines
        self.failed_children_logs = failed_children_logs
        self.unknown = UnknownKeywords.of(
            unknown,
            connection=(connection, AwsConnection),
            token=(token, TryToken),
            terms=(terms, WaitTerms),
        )
        self._killing: asyncio.Task[None] | None = None

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class path and the arguments of ``__init__``."""
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            self.unknown.added_to(
                {
                    "job_ids": self.job_ids,
                    "connection": self.connection.to_json(),
                    "poll_interval_seconds": self.poll_interval_seconds,
                    "token": self.token.to_json() if self.token is not None else None,
                    "kill_reason": self.kill_reason,
                    "terms": self.terms.to_json() if self.terms is not None else None,
                    "ends_task": self.ends_task,
                    "log_lines": self.log_lines,
                    "failed_children_logs": self.failed_children_logs,
                }
            ),
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait together with all other triggers of this connection; log each change of a job."""
        self.unknown.report(self.log)
        services, began_at = shared_services(self.connection), time.time()
        try:
            event = WaitEvent(jobs=tuple(await self._ended_jobs(services)))
        except Exception as error:
            event = WaitEvent.of_error(error, f"job(s) {', '.join(self.job_ids)}", self.job_ids)
        if await self._can_end_task(services, event.jobs):
            # Return right after the event: Airflow calls on_kill
            # of a trigger that still runs after its event.
            yield TaskSuccessEvent()
            return
        # TaskSuccessEvent needs no pause, because it queues no second half of the task.
        if seconds := self._settling_seconds(event.jobs, began_at):
            await services.pause(seconds)
        yield TriggerEvent(replace(event, token=self.token).to_json())  # type: ignore[no-untyped-call]

    async def on_kill(self) -> None:
        """Start to terminate the jobs, if the task was killed; ``cleanup`` waits for that."""
        ti = self.task_instance
        if self.kill_reason is None or ti is None:
            return
        self.log.info("Airflow cancelled this wait; the state of the task says what becomes of its jobs")
        # Keep a reference: the event loop holds only weak references to tasks
        # (https://docs.python.org/3/library/asyncio-task.html#asyncio.create_task).
        self._killing = asyncio.get_running_loop().create_task(self._kill(ti, self.kill_reason))

    async def cleanup(self) -> None:
        """
        Wait until the jobs of a killed task are terminated and their logs are shown.

        Airflow closes the task's log when this returns. It cancels a killed trigger again about once a
        second, so that an ``on_kill`` that waited would end with the second cancellation.
        """
        if self._killing is not None:
            await _despite_cancellation(self._killing, KILL_SECONDS)

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
        result = await services.killer.kill(task)
        if result.observed.verdict is not Verdict.KILLED:
            self.log.info("The jobs of this task were not terminated: %s", result.observed.responsible())
            return
        if result.reason is None:
            self.log.info("The jobs could not be terminated; the end of the DAG run terminates them")
            return
        for job_id in self.job_ids:
            self.log.info("Asked AWS Batch to terminate job %s: %s", job_id, result.reason)
            end = await services.tasks.read_terminated(ti, job_id, self._shown_end())
            if end is not None:
                await self._show(services, ti, end)

    async def _ended_jobs(self, services: SharedServices) -> list[JobDescription]:
        terms = self.terms
        wait = services.poller.wait(
            self.job_ids,
            interval_seconds=self.poll_interval_seconds,
            on_change=JobLogger(self.log, services.metrics if self.kill_reason is not None else None),
            stop_reason=None if terms is None else lambda job: terms.stop_reason(job, time.time()),
            log=self.log,
            refused_seconds=refused_seconds(terms.refused_seconds if terms is not None else None),
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
        if not await services.tasks.follows(ti, job.job_id):
            return False
        try:
            # Before the event: once it has ended the task, nothing may be added to its log and XComs.
            await self._show(services, ti, await services.tasks.read_end(ti, job, self._shown_end()))
        except Exception:
            self.log.exception("Could not show the end of job %s; a worker ends the task", job.job_id)
            return False
        self.log.info("Job %s '%s' ended with status %s", job.job_id, job.job_name, job.status)
        return True

    async def _show(self, services: SharedServices, ti: Any, end: TaskEnd) -> None:
        # The lines first: a killed task has little time, and its XComs matter less.
        for line in end.lines:
            self.log.info("%s", line)
        await services.tasks.publish(ti, end)

    def _shown_end(self) -> ShownEnd:
        return ShownEnd(self.log_lines, self.failed_children_logs, self.links_at_end)

    def _settling_seconds(self, jobs: Sequence[JobDescription], began_at: float) -> float:
        """Return how long to pause; if a newer try terminated the job, that try has just deferred."""
        if any(RESTARTED in (job.status_reason or "") for job in jobs):
            return SETTLING_SECONDS
        return settling_seconds(self.terms.since if self.terms is not None else began_at)


async def _until(terms: WaitTerms, wait: Any, services: SharedServices) -> Any:
    """Await, but not beyond the deadline."""
    waiting = asyncio.ensure_future(wait)
    clock = asyncio.ensure_future(services.pause(max((terms.deadline or 0) - time.time(), 0)))
    try:
        # Not asyncio.wait_for: `pause` may follow a test's clock,
        # and a job that ends at the deadline counts as ended.
        await asyncio.wait({waiting, clock}, return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            return waiting.result()
        raise terms.overdue()
    finally:
        clock.cancel()
        waiting.cancel()


async def _despite_cancellation(task: asyncio.Task[None], seconds: float) -> None:
    """Wait for a task, even if the waiting coroutine is cancelled repeatedly."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not task.done() and loop.time() < end:
        with suppress(asyncio.CancelledError):
            await asyncio.wait({task}, timeout=end - loop.time())
