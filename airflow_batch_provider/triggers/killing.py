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


@dataclass(slots=True)
class _Order:
    """A task to kill, and whether its jobs have been terminated."""

    task: KilledTask
    is_done: bool = False


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
        self._orders: list[_Order] = []
        self._work: asyncio.Task[None] | None = None

    async def kill(self, task: KilledTask) -> bool:
        """
        Terminate the jobs of a task, unless it is deferred all the same.

        :return: whether they have been terminated.
        """
        order = _Order(task)
        self._orders.append(order)
        if self._work is None:
            loop = asyncio.get_running_loop()
            self._work = loop.create_task(self._run(), context=contextvars.Context())
        await asyncio.shield(self._work)
        return order.is_done

    async def _run(self) -> None:
        try:
            while self._orders:
                await self._sleep(_GATHERING_SECONDS)
                batch, self._orders = self._orders, []
                await self._kill(batch)
        finally:
            self._work = None

    async def _kill(self, batch: Sequence[_Order]) -> None:
        by_run: dict[tuple[str, str], list[_Order]] = {}
        for order in batch:
            by_run.setdefault((order.task.dag_id, order.task.run_id), []).append(order)
        for (dag_id, run_id), orders in by_run.items():
            try:
                task_ids = list(dict.fromkeys(order.task.task_id for order in orders))
                states = await self._task_states(dag_id, run_id, task_ids)
            except Exception:
                log.exception(
                    "The states of killed tasks of run '%s' are not known; their jobs go on", run_id
                )
                continue
            await self._terminate_jobs(
                [order for order in orders if states.get(order.task.state_key) != DEFERRED]
            )

    async def _terminate_jobs(self, orders: Sequence[_Order]) -> None:
        by_reason: dict[str, list[_Order]] = {}
        for order in orders:
            by_reason.setdefault(order.task.reason, []).append(order)
        for reason, of_reason in by_reason.items():
            job_ids = [job_id for order in of_reason for job_id in order.task.job_ids]
            try:
                await self._terminate(job_ids, reason)
            except Exception:
                log.exception("Not all jobs of killed tasks were terminated: %s", ", ".join(job_ids))
                continue
            for order in of_reason:
                order.is_done = True
