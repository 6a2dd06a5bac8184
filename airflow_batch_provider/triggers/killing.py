"""Terminates the jobs of tasks that people have killed while they were deferred."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

log = logging.getLogger(__name__)

DEFERRED: Final = "deferred"
_GATHERING_SECONDS: Final = 0.2

TaskStates = Callable[[str, str, Sequence[str]], Awaitable[Mapping[str, str | None]]]
Terminate = Callable[[Sequence[str], str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class KilledTask:
    """
    A deferred task whose trigger was told to stop, and the jobs that it waited for.

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
        """Under which Airflow answers with the task's state; it is asked for by the task id alone."""
        return self.task_id if self.map_index < 0 else f"{self.task_id}_{self.map_index}"


class JobKiller:
    """
    Terminates jobs in few calls, in a task of its own that no trigger's end can cancel.

    Airflow cancels an ``on_kill`` that takes longer than about a second, and calls it also when
    nobody has killed anything: when a triggerer that had lost its triggers comes back. Then the
    task is still deferred, and its job must live. A task that was cleared and is deferred again
    looks the same; its new try terminates what the old one has left.

    :param task_states: the states of tasks of one run.
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
        self._killed: list[KilledTask] = []
        self._work: asyncio.Task[None] | None = None

    async def kill(self, task: KilledTask) -> None:
        """Terminate the jobs of a task, unless it is deferred all the same."""
        self._killed.append(task)
        if self._work is None:
            loop = asyncio.get_running_loop()
            self._work = loop.create_task(self._run(), context=contextvars.Context())
        await asyncio.shield(self._work)

    async def _run(self) -> None:
        try:
            while self._killed:
                await self._sleep(_GATHERING_SECONDS)
                batch, self._killed = self._killed, []
                await self._kill(batch)
        finally:
            self._work = None

    async def _kill(self, batch: Sequence[KilledTask]) -> None:
        by_run: dict[tuple[str, str], list[KilledTask]] = {}
        for task in batch:
            by_run.setdefault((task.dag_id, task.run_id), []).append(task)
        for (dag_id, run_id), tasks in by_run.items():
            try:
                task_ids = list(dict.fromkeys(task.task_id for task in tasks))
                states = await self._task_states(dag_id, run_id, task_ids)
            except Exception:
                log.exception(
                    "The states of killed tasks of run '%s' are not known; their jobs go on", run_id
                )
                continue
            killed = [task for task in tasks if states.get(task.state_key) != DEFERRED]
            await self._terminate_jobs(killed)

    async def _terminate_jobs(self, tasks: Sequence[KilledTask]) -> None:
        by_reason: dict[str, list[str]] = {}
        for task in tasks:
            by_reason.setdefault(task.reason, []).extend(task.job_ids)
        for reason, job_ids in by_reason.items():
            try:
                await self._terminate(job_ids, reason)
            except Exception:
                log.exception("Not all jobs of killed tasks were terminated: %s", ", ".join(job_ids))
