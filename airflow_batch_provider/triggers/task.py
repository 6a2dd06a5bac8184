"""Wait for another task of the same run without a worker slot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_batch_provider.following.decisions import ENDED_STATES
from airflow_batch_provider.handover import NOT_MAPPED, WaitEvent
from airflow_batch_provider.triggers.unknown_keywords import UnknownKeywords

POLL_SECONDS: Final = 5.0
"""Also the minimum time that the waiting task stays deferred; see ``triggers.settling``."""


class TaskEndTrigger(BaseTrigger):
    """
    Wait until a task has ended, whatever its state. Its event is a ``WaitEvent`` without jobs, as JSON.

    :param map_index: the map index of the waiting task, which the other one has too if it is mapped.
    :param unknown: see ``BatchJobTrigger``.
    """

    def __init__(
        self,
        *,
        dag_id: str,
        run_id: str,
        awaited_task_id: str,
        map_index: int = NOT_MAPPED,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        **unknown: Any,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.dag_id = dag_id
        self.run_id = run_id
        self.awaited_task_id = awaited_task_id
        self.map_index = map_index
        self.unknown = UnknownKeywords.of(unknown)
        self._sleep = sleep

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class path and the arguments of ``__init__``."""
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            self.unknown.added_to(
                {
                    "dag_id": self.dag_id,
                    "run_id": self.run_id,
                    "awaited_task_id": self.awaited_task_id,
                    "map_index": self.map_index,
                }
            ),
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Poll the task's state; an error does not end the wait."""
        self.unknown.report(self.log)
        self.log.info("Waiting for task '%s', which submits the job of this task", self.awaited_task_id)
        while True:
            await self._sleep(POLL_SECONDS)
            if await self._has_ended():
                break
        yield TriggerEvent(WaitEvent().to_json())  # type: ignore[no-untyped-call]

    async def _has_ended(self) -> bool:
        from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
        from asgiref.sync import sync_to_async

        try:
            states = await sync_to_async(RuntimeTaskInstance.get_task_states)(
                dag_id=self.dag_id, task_ids=[self.awaited_task_id], run_ids=[self.run_id]
            )
        except Exception as error:
            self.log.warning(
                "Could not read the state of task '%s'; trying again: %r", self.awaited_task_id, error
            )
            return False
        of_run = states.get(self.run_id, {})
        # Airflow adds the map index to the key of a mapped task. A task that is not in the run has none.
        keys = (self.awaited_task_id, f"{self.awaited_task_id}_{self.map_index}")
        return all(of_run[key] in ENDED_STATES for key in keys if key in of_run)
