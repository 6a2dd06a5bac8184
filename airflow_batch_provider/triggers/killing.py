"""Terminate the jobs of tasks that were killed while they were deferred."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from airflow_batch_provider.following.terminations import no_longer_deferred
from airflow_batch_provider.triggers.killed_tasks import ObservedTask, Verdict

log = logging.getLogger(__name__)

# Marking a run cancels all its triggers at once. Their jobs
# share one query of states per run and one call per 50 jobs.
_GATHERING_SECONDS: Final = 0.2

REREAD_SECONDS: Final = 1.0
"""The pause before a state that is not settled is read again."""

READS_MAX: Final = 8
"""How often a state is read: as often as the time of a killed trigger allows."""

TaskStates = Callable[[str, str, Sequence[str]], Awaitable[Mapping[str, str | None]]]
Terminate = Callable[[Sequence[str], str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class KilledTask:
    """
    A task that was deferred and whose trigger was cancelled, and the jobs that it waited for.

    :param reason: the beginning of the reason with which the jobs are terminated.
    :param map_index: -1 for a task that is not mapped.
    """

    dag_id: str
    run_id: str
    task_id: str
    job_ids: tuple[str, ...]
    reason: str
    map_index: int = -1

    @property
    def state_key(self) -> str:
        """The key of the task's state in Airflow's response, which has one for each map index of a task."""
        return self.task_id if self.map_index < 0 else f"{self.task_id}_{self.map_index}"


@dataclass(frozen=True, slots=True)
class KillResult:
    """
    What became of the jobs of a task.

    :param reason: the reason with which the jobs were terminated; None if they were not.
    :param observed: the task as it was read last.
    """

    observed: ObservedTask
    reason: str | None = None

    @property
    def is_final(self) -> bool:
        """Whether another look at the task would change nothing."""
        return self.reason is not None or self.observed.verdict is Verdict.FOLLOWED


@dataclass(frozen=True, slots=True, eq=False)
class _Request:
    task: KilledTask
    is_last: bool
    done: asyncio.Future[KillResult]

    def is_killed(self, observed: ObservedTask) -> bool:
        verdict = observed.verdict
        return verdict is Verdict.KILLED or (self.is_last and verdict is Verdict.WAITS)


class JobKiller:
    """
    Terminates jobs in few calls, in an asyncio task that the end of a trigger does not cancel.

    Airflow cancels an ``on_kill`` that takes longer than about a second. It also calls ``on_kill`` when no
    task was killed; ``triggers.killed_tasks`` has the table of cases.

    :param task_states: returns the states of tasks of one run.
    :param terminate: terminates any number of jobs.
    """

    def __init__(
        self,
        task_states: TaskStates,
        terminate: Terminate,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._task_states = task_states
        self._terminate = terminate
        self._sleep = sleep
        self._requests: list[_Request] = []
        self._worker: asyncio.Task[None] | None = None

    async def kill(self, task: KilledTask) -> KillResult:
        """Terminate the jobs of a task if its state shows, now or a little later, that it was killed."""
        for _ in range(READS_MAX - 1):
            result = await self._handled(task)
            if result.is_final:
                return result
            await self._sleep(REREAD_SECONDS)
        return await self._handled(task, is_last=True)

    async def _handled(self, task: KilledTask, *, is_last: bool = False) -> KillResult:
        loop = asyncio.get_running_loop()
        request = _Request(task, is_last, loop.create_future())
        self._requests.append(request)
        if self._worker is None:
            # An empty context: otherwise Airflow writes the log
            # lines of this task to the log of the first killed task.
            self._worker = loop.create_task(self._run(), context=contextvars.Context())
        return await request.done

    async def _run(self) -> None:
        try:
            while self._requests:
                await self._sleep(_GATHERING_SECONDS)
                gathered, self._requests = self._requests, []
                await self._handle(gathered)
        finally:
            # No `await` separates this from the last check of the
            # loop, so a request that arrives later starts a new task.
            self._worker = None

    async def _handle(self, requests: Sequence[_Request]) -> None:
        by_run: dict[tuple[str, str], list[_Request]] = {}
        for request in requests:
            by_run.setdefault((request.task.dag_id, request.task.run_id), []).append(request)
        for (dag_id, run_id), of_run in by_run.items():
            await self._handle_run(dag_id, run_id, of_run)

    async def _handle_run(self, dag_id: str, run_id: str, requests: Sequence[_Request]) -> None:
        task_ids = list(dict.fromkeys(request.task.task_id for request in requests))
        states = await self._read_states(dag_id, run_id, task_ids)
        killed: dict[str, list[tuple[_Request, ObservedTask]]] = {}
        for request in requests:
            observed = ObservedTask.of(states, request.task.state_key)
            if request.is_killed(observed):
                reason = no_longer_deferred(request.task.reason, observed.state, exists=observed.exists)
                killed.setdefault(reason, []).append((request, observed))
            else:
                _resolve(request, KillResult(observed))
        for reason, of_reason in killed.items():
            job_ids = [job_id for request, _ in of_reason for job_id in request.task.job_ids]
            is_done = await self._terminate_jobs(job_ids, reason)
            for request, observed in of_reason:
                _resolve(request, KillResult(observed, reason if is_done else None))

    async def _read_states(
        self, dag_id: str, run_id: str, task_ids: Sequence[str]
    ) -> Mapping[str, str | None] | None:
        try:
            return await self._task_states(dag_id, run_id, task_ids)
        except Exception:
            log.exception(
                "Could not read the states of these tasks of DAG '%s', run '%s': %s",
                dag_id,
                run_id,
                ", ".join(task_ids),
            )
            return None

    async def _terminate_jobs(self, job_ids: Sequence[str], reason: str) -> bool:
        try:
            await self._terminate(job_ids, reason)
        except Exception:
            log.exception(
                "Could not terminate all jobs of killed tasks; some may still be running: %s",
                ", ".join(job_ids),
            )
            return False
        return True


def _resolve(request: _Request, result: KillResult) -> None:
    if not request.done.done():  # its trigger may have been cancelled
        request.done.set_result(result)
