"""Wait for many jobs through few DescribeJobs calls."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from airflow_batch_provider import limits
from airflow_batch_provider.batch.api_errors import handling_of, is_refusal
from airflow_batch_provider.batch.client import chunks
from airflow_batch_provider.batch.failed_calls import FailedCalls
from airflow_batch_provider.batch.job import JobDescription
from airflow_batch_provider.defaults import MISSED_POLLS_MAX, REFUSED_TIMEOUT_SECONDS
from airflow_batch_provider.errors import JobNotFoundError

log = logging.getLogger(__name__)

Describe = Callable[[Sequence[str]], Awaitable[Mapping[str, JobDescription]]]
OnChange = Callable[[JobDescription], None]
StopReason = Callable[[JobDescription], Exception | None]

_SLOWDOWN_MAX = 8.0
"""The poll interval grows up to this factor while DescribeJobs calls fail or are refused."""

_JITTER = 0.1
"""Each pause is up to 10% shorter, so that the polls of several processes spread out."""


@dataclass(eq=False)
class _Waiter:
    job_ids: tuple[str, ...]
    interval_seconds: float
    on_change: OnChange | None
    stop_reason: StopReason | None
    context: contextvars.Context
    done: asyncio.Future[dict[str, JobDescription]]
    failed_calls: FailedCalls
    ended: dict[str, JobDescription] = field(default_factory=dict)
    last_seen: dict[str, JobDescription] = field(default_factory=dict)
    missed_polls: dict[str, int] = field(default_factory=dict)

    @property
    def pending_ids(self) -> list[str]:
        return [job_id for job_id in self.job_ids if job_id not in self.ended]


class JobPoller:
    """
    Wait for many jobs through few ``DescribeJobs`` calls.

    A poller serves one connection and Region in one event loop. It runs only while there are
    waiters. A waiter receives the descriptions that ended its wait, so that it need not describe
    the jobs again. A poll describes the jobs of all waiters, whatever their own interval.

    :param describe: describes up to 100 job IDs in one call; its result lacks the IDs that AWS Batch
        does not know.
    :param sleep: sleeps between two polls.
    :param now: seconds of a monotonic clock.
    :param on_poll: called after each poll with the number of its calls and of the jobs still waited
        for; called with zeros when the last waiter is gone.
    """

    def __init__(
        self,
        describe: Describe,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now: Callable[[], float] = time.monotonic,
        on_poll: Callable[[int, int], None] = lambda _calls, _jobs: None,
    ) -> None:
        self._describe = describe
        self._sleep = sleep
        self._now = now
        self._on_poll = on_poll
        self._waiters: dict[_Waiter, None] = {}  # an ordered set
        self._task: asyncio.Task[None] | None = None
        self._slowdown = 1.0
        self._refused_slowdown = 1.0

    @property
    def is_running(self) -> bool:
        return self._task is not None

    async def wait(
        self,
        job_ids: Iterable[str],
        *,
        interval_seconds: float,
        on_change: OnChange | None = None,
        stop_reason: StopReason | None = None,
        log: Any = None,
        refused_seconds: float | None = None,
    ) -> dict[str, JobDescription]:
        """
        Wait until all these jobs have ended, and return their descriptions by job ID.

        A call that fails ends no wait if a later one can succeed, see ``Handling.keeps_waiting``: the
        poller slows down and repeats it. Any other error ends the waits for the jobs of that call.

        :param interval_seconds: the pause between two polls. The poller uses the shortest interval of
            all its waiters, and longer pauses while calls fail.
        :param on_change: called with each description whose status, status reason or array progress
            differs from the last one. It runs in the caller's context: Airflow assigns what it logs
            to the caller's task.
        :param stop_reason: called with each description of a job that has not ended; an error that it
            returns ends the wait.
        :param log: logs that calls fail for a while, or are refused; the caller's logger.
        :param refused_seconds: how long AWS may refuse the credentials; None for no limit.
        :raises AccessRefusedError: AWS refused the credentials for longer than that.
        :raises JobNotFoundError: DescribeJobs does not return one of the jobs in several consecutive polls.
        """
        future: asyncio.Future[dict[str, JobDescription]] = asyncio.get_running_loop().create_future()
        context, distinct = contextvars.copy_context(), tuple(dict.fromkeys(job_ids))
        if not distinct:
            return {}
        failed_calls = FailedCalls(_names(distinct), limit_seconds=refused_seconds, log=log, now=self._now)
        waiter = _Waiter(distinct, interval_seconds, on_change, stop_reason, context, future, failed_calls)
        self._waiters[waiter] = None
        self._start()
        try:
            return await waiter.done
        finally:
            self._waiters.pop(waiter, None)
            self._stop_if_idle()

    def _start(self) -> None:
        if self._task is None:
            # An empty context: otherwise Airflow assigns the poller's log lines to the first waiter's task.
            loop = asyncio.get_running_loop()
            self._task = loop.create_task(self._run(), context=contextvars.Context())

    def _stop_if_idle(self) -> None:
        if not self._waiters and self._task is not None:
            self._task.cancel()
            self._task = None
            self._on_poll(0, 0)

    async def _run(self) -> None:
        try:
            while True:
                await self._sleep(self._next_pause_seconds())
                await self._poll()
        except Exception as error:  # a poller that stops must not leave waiters behind
            self._task = None
            self._fail(self._waiters, error)

    def _next_pause_seconds(self) -> float:
        # Never empty: the last waiter cancels this task when it leaves.
        shortest = min(waiter.interval_seconds for waiter in self._waiters)
        return shortest * max(self._slowdown, self._refused_slowdown) * random.uniform(1 - _JITTER, 1)

    async def _poll(self) -> None:
        # A snapshot: waiters may join or leave during the calls below.
        waiting: dict[str, list[_Waiter]] = {}
        for waiter in self._waiters:
            for job_id in waiter.pending_ids:
                waiting.setdefault(job_id, []).append(waiter)
        has_transient_error = is_refused = False
        results: list[tuple[list[str], Mapping[str, JobDescription]]] = []
        id_chunks = list(chunks(list(waiting), limits.DESCRIBE_JOBS_MAX))
        for chunk in id_chunks:
            try:
                results.append((chunk, await self._describe(chunk)))
            except Exception as error:
                # One failed call must not end the waits for jobs of the other calls.
                waiters = dict.fromkeys(waiter for job_id in chunk for waiter in waiting[job_id])
                if not handling_of(error).keeps_waiting:
                    self._fail(waiters, error)
                    continue
                log.warning("DescribeJobs failed for %d jobs; trying again: %s", len(chunk), error)
                if is_refusal(error):
                    is_refused = True
                else:
                    has_transient_error = True
                self._keep_waiting(waiters, error)
        # Deliver after all calls: the callbacks of hundreds of ended jobs would delay the calls above.
        for chunk, described in results:
            self._deliver(chunk, described, waiting)
        # Exponential slowdown and recovery: AWS does not publish the quota
        # of DescribeJobs, and shares it among all clients of the account.
        self._slowdown = (
            min(self._slowdown * 2, _SLOWDOWN_MAX) if has_transient_error else max(self._slowdown / 2, 1.0)
        )
        # Separate from throttling: the user may have just renewed the credentials.
        self._refused_slowdown = min(self._refused_slowdown * 2, _SLOWDOWN_MAX) if is_refused else 1.0
        self._on_poll(
            len(id_chunks), len({job_id for waiter in self._waiters for job_id in waiter.pending_ids})
        )

    def _keep_waiting(self, waiters: Iterable[_Waiter], error: Exception) -> None:
        for waiter in waiters:
            if not waiter.done.done():
                overdue = waiter.context.run(waiter.failed_calls.failed, error)
                if overdue is not None:
                    self._fail([waiter], overdue)

    def _deliver(
        self,
        chunk: Sequence[str],
        described: Mapping[str, JobDescription],
        waiting: Mapping[str, Sequence[_Waiter]],
    ) -> None:
        for job_id in chunk:
            for waiter in waiting[job_id]:
                if waiter.done.done():
                    continue
                waiter.context.run(waiter.failed_calls.succeeded)
                if job_id in described:
                    self._handle_description(waiter, described[job_id])
                else:
                    self._handle_missing(waiter, job_id)

    def _handle_description(self, waiter: _Waiter, job: JobDescription) -> None:
        waiter.missed_polls.pop(job.job_id, None)
        last = waiter.last_seen.get(job.job_id)
        waiter.last_seen[job.job_id] = job
        try:
            if waiter.on_change is not None and (last is None or _progress(last) != _progress(job)):
                # Airflow finds the task of a log line through context variables.
                waiter.context.run(waiter.on_change, job)
            stop_reason = waiter.stop_reason(job) if waiter.stop_reason and not job.status.is_final else None
        except Exception as error:
            self._fail({waiter}, error)
            return
        if stop_reason is not None:
            self._fail({waiter}, stop_reason)
        elif job.status.is_final:
            waiter.ended[job.job_id] = job
            if not waiter.pending_ids:
                waiter.done.set_result(waiter.ended)

    def _handle_missing(self, waiter: _Waiter, job_id: str) -> None:
        # DescribeJobs is eventually consistent: it can miss a job that has just been submitted.
        waiter.missed_polls[job_id] = waiter.missed_polls.get(job_id, 0) + 1
        if waiter.missed_polls[job_id] >= MISSED_POLLS_MAX:
            text = (
                f"job {job_id} not found: DescribeJobs did not return it in {MISSED_POLLS_MAX} "
                "consecutive polls. "
                "AWS Batch deletes finished jobs after about seven days. "
                "Check the job's log in CloudWatch Logs, or submit the job again."
            )
            self._fail({waiter}, JobNotFoundError(text))

    def _fail(self, waiters: Iterable[_Waiter], error: Exception) -> None:
        for waiter in waiters:
            if not waiter.done.done():
                waiter.done.set_exception(error)


def _names(job_ids: Sequence[str]) -> str:
    others = f" and {len(job_ids) - 1:,} more" if len(job_ids) > 1 else ""
    return f"job {job_ids[0]}{others}"


def _progress(job: JobDescription) -> tuple[object, ...]:
    return (job.status, job.status_reason, job.array)


def wait_blocking(
    describe: Callable[[Sequence[str]], Mapping[str, JobDescription]],
    job_ids: Iterable[str],
    *,
    interval_seconds: float,
    on_change: OnChange | None = None,
    stop_reason: StopReason | None = None,
    on_poll: Callable[[int, int], None] = lambda _calls, _jobs: None,
    log: Any = None,
    refused_seconds: float | None = REFUSED_TIMEOUT_SECONDS,
) -> dict[str, JobDescription]:
    """
    Wait like ``JobPoller.wait``, and block until all jobs have ended.

    :param describe: blocks during its call; the event loop, which is created here, has nothing else to do.
    """

    async def describe_in_loop(some_ids: Sequence[str]) -> Mapping[str, JobDescription]:
        return describe(some_ids)

    return asyncio.run(
        JobPoller(describe_in_loop, on_poll=on_poll).wait(
            job_ids,
            interval_seconds=interval_seconds,
            on_change=on_change,
            stop_reason=stop_reason,
            log=log,
            refused_seconds=refused_seconds,
        )
    )
