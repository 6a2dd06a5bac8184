"""One poller for all who wait: many jobs, few DescribeJobs calls."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from airflow_batch_provider import limits
from airflow_batch_provider.batch.answers import is_transient
from airflow_batch_provider.batch.client import chunks
from airflow_batch_provider.batch.job import JobDescription
from airflow_batch_provider.errors import JobLostError

log = logging.getLogger(__name__)

Describe = Callable[[Sequence[str]], Awaitable[Mapping[str, JobDescription]]]
OnChange = Callable[[JobDescription], None]
StopReason = Callable[[JobDescription], Exception | None]

ROUNDS_UNTIL_LOST = 5
"""In how many rounds in a row DescribeJobs must not know a job before we call it lost."""

_SLOWDOWN_MAX = 8.0
_JITTER = 0.1


@dataclass(eq=False)
class _Waiter:
    job_ids: tuple[str, ...]
    interval_seconds: float
    on_change: OnChange | None
    stop_reason: StopReason | None
    context: contextvars.Context
    done: asyncio.Future[dict[str, JobDescription]]
    final: dict[str, JobDescription] = field(default_factory=dict)
    seen: dict[str, JobDescription] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)

    @property
    def open_ids(self) -> list[str]:
        return [job_id for job_id in self.job_ids if job_id not in self.final]


class JobPoller:
    """
    Wait for many jobs through few ``DescribeJobs`` calls.

    A poller serves one connection and region in one event loop. It runs only while someone
    waits, and gives each waiter the description that ended the wait, so that nobody has to
    describe the job again.

    :param describe: describes up to a hundred job ids in one call; ids that AWS does not
        know are missing from its answer.
    :param is_transient: whether an error of ``describe`` can pass; the poller then slows
        down and asks again. Any other error reaches those who wait for the jobs of that call.
    :param sleep: waits between two rounds.
    :param on_round: called after each round with the number of its calls and of the jobs for which
        somebody still waits; with zeros when nobody waits any longer.
    """

    def __init__(
        self,
        describe: Describe,
        *,
        is_transient: Callable[[BaseException], bool] = is_transient,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        on_round: Callable[[int, int], None] = lambda _calls, _jobs: None,
    ) -> None:
        self._describe = describe
        self._is_transient = is_transient
        self._sleep = sleep
        self._on_round = on_round
        self._waiters: dict[_Waiter, None] = {}  # in the order of their coming
        self._task: asyncio.Task[None] | None = None
        self._slowdown = 1.0

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
    ) -> dict[str, JobDescription]:
        """
        Wait until all these jobs have ended and return how.

        :param interval_seconds: from the end of one round to the start of the next, at most; among
            all who wait the shortest counts.
        :param on_change: called with every description that differs from the one before in
            status, status reason or array progress, in the context of the caller: Airflow files
            what is logged there under the caller's task.
        :param stop_reason: asked about every description of a job that has not ended; an error
            that it returns ends the wait.
        :raises JobLostError: DescribeJobs does not know one of the jobs, several rounds long.
        """
        future: asyncio.Future[dict[str, JobDescription]] = asyncio.get_running_loop().create_future()
        context = contextvars.copy_context()
        waiter = _Waiter(
            tuple(dict.fromkeys(job_ids)), interval_seconds, on_change, stop_reason, context, future
        )
        if not waiter.job_ids:
            return {}
        self._waiters[waiter] = None
        self._start()
        try:
            return await waiter.done
        finally:
            self._waiters.pop(waiter, None)
            self._stop_if_idle()

    def _start(self) -> None:
        if self._task is None:
            # A context of its own, or Airflow would file our lines under the first waiter's task.
            loop = asyncio.get_running_loop()
            self._task = loop.create_task(self._run(), context=contextvars.Context())

    def _stop_if_idle(self) -> None:
        if not self._waiters and self._task is not None:
            self._task.cancel()
            self._task = None
            self._on_round(0, 0)

    async def _run(self) -> None:
        try:
            while True:
                await self._sleep(self._pause_seconds())
                await self._round()
        except Exception as error:  # whatever it is, nobody may be left waiting for a poller that has gone
            self._task = None
            self._fail(self._waiters, error)

    def _pause_seconds(self) -> float:
        shortest = min(waiter.interval_seconds for waiter in self._waiters)
        return shortest * self._slowdown * random.uniform(1 - _JITTER, 1)

    async def _round(self) -> None:
        waiting: dict[str, list[_Waiter]] = {}
        for waiter in self._waiters:
            for job_id in waiter.open_ids:
                waiting.setdefault(job_id, []).append(waiter)
        was_slowed = False
        answers: list[tuple[list[str], Mapping[str, JobDescription]]] = []
        id_chunks = list(chunks(list(waiting), limits.DESCRIBE_JOBS_MAX))
        for chunk in id_chunks:
            try:
                answers.append((chunk, await self._describe(chunk)))
            except Exception as error:
                if not self._is_transient(error):
                    self._fail({waiter for job_id in chunk for waiter in waiting[job_id]}, error)
                    continue
                log.warning("DescribeJobs of %d jobs failed and is tried again: %s", len(chunk), error)
                was_slowed = True
        # Only now: what the ends of hundreds of jobs set off would take the machine from the calls above.
        for chunk, described in answers:
            self._deliver(chunk, described, waiting)
        self._slowdown = (
            min(self._slowdown * 2, _SLOWDOWN_MAX) if was_slowed else max(self._slowdown / 2, 1.0)
        )
        self._on_round(
            len(id_chunks), len({job_id for waiter in self._waiters for job_id in waiter.open_ids})
        )

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
                if job_id in described:
                    self._observe(waiter, described[job_id])
                else:
                    self._miss(waiter, job_id)

    def _observe(self, waiter: _Waiter, job: JobDescription) -> None:
        waiter.missing.pop(job.job_id, None)
        before = waiter.seen.get(job.job_id)
        waiter.seen[job.job_id] = job
        try:
            if waiter.on_change is not None and (before is None or _visible(before) != _visible(job)):
                waiter.context.run(waiter.on_change, job)
            stop_reason = waiter.stop_reason(job) if waiter.stop_reason and not job.status.is_final else None
        except Exception as error:
            self._fail({waiter}, error)
            return
        if stop_reason is not None:
            self._fail({waiter}, stop_reason)
        elif job.status.is_final:
            waiter.final[job.job_id] = job
            if not waiter.open_ids:
                waiter.done.set_result(waiter.final)

    def _miss(self, waiter: _Waiter, job_id: str) -> None:
        waiter.missing[job_id] = waiter.missing.get(job_id, 0) + 1
        if waiter.missing[job_id] >= ROUNDS_UNTIL_LOST:
            text = (
                f"AWS Batch no longer knows job {job_id}: DescribeJobs left it out {ROUNDS_UNTIL_LOST} times "
                "in a row. It keeps finished jobs for about seven days; look for its log, or submit it again."
            )
            self._fail({waiter}, JobLostError(text))

    def _fail(self, waiters: Iterable[_Waiter], error: Exception) -> None:
        for waiter in waiters:
            if not waiter.done.done():
                waiter.done.set_exception(error)


def _visible(job: JobDescription) -> tuple[object, ...]:
    return (job.status, job.status_reason, job.array)
