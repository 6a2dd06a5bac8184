"""Terminate the jobs of tasks that were killed while they were deferred."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from airflow.sdk import TaskInstanceState

log = logging.getLogger(__name__)

# Marking a run cancels all its triggers at once. Their jobs
# share one query of states per run and one call per 50 jobs.
_GATHERING_SECONDS: Final = 0.2

TaskStates = Callable[[str, str, Sequence[str]], Awaitable[Mapping[str, str | None]]]
Terminate = Callable[[Sequence[str], str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class KilledTask:
    """
    A deferred task whose trigger was cancelled, and the jobs that it waited for.

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


@dataclass(slots=True)
class _Request:
    """A task whose jobs may have to be terminated, and whether they were."""

    task: KilledTask
    is_done: bool = False


class JobKiller:
    """
    Terminates jobs in few calls, in an asyncio task that the end of a trigger does not cancel.

    Airflow cancels an ``on_kill`` that takes longer than about a second. It also calls ``on_kill`` when
    no task was killed, after a triggerer has lost its triggers and resumes. Then the
    task is still deferred, and its job must continue. A task that was cleared and is deferred again
    looks the same; its new try terminates the jobs of the old one.

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

    async def kill(self, task: KilledTask) -> bool:
        """
        Terminate the jobs of a task unless the task is still deferred.

        :returns: whether they were terminated.
        """
        request = _Request(task)
        self._requests.append(request)
        if self._worker is None:
            loop = asyncio.get_running_loop()
            # An empty context: otherwise Airflow writes the log
            # lines of this task to the log of the first killed task.
            self._worker = loop.create_task(self._run(), context=contextvars.Context())
        # All killed triggers await this one task; Airflow's
        # repeated cancellation of one of them must not cancel it.
        await asyncio.shield(self._worker)
        return request.is_done

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
            try:
                task_ids = list(dict.fromkeys(request.task.task_id for request in of_run))
                states = await self._task_states(dag_id, run_id, task_ids)
            except Exception:
                log.exception(
                    "Could not read the states of killed tasks of DAG '%s', run '%s'; their jobs keep "
                    "running",
                    dag_id,
                    run_id,
                )
                continue
            await self._terminate_jobs(
                [each for each in of_run if states.get(each.task.state_key) != TaskInstanceState.DEFERRED]
            )

    async def _terminate_jobs(self, requests: Sequence[_Request]) -> None:
        by_reason: dict[str, list[_Request]] = {}
        for request in requests:
            by_reason.setdefault(request.task.reason, []).append(request)
        for reason, of_reason in by_reason.items():
            job_ids = [job_id for request in of_reason for job_id in request.task.job_ids]
            try:
                await self._terminate(job_ids, reason)
            except Exception:
                log.exception(
                    "Could not terminate all jobs of killed tasks; some may still be running: %s",
                    ", ".join(job_ids),
                )
                continue
            for request in of_reason:
                request.is_done = True
