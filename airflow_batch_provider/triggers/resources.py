"""A trigger that waits for compute environments and job queues without a worker slot."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_batch_provider import defaults
from airflow_batch_provider.batch.api_errors import handling_of
from airflow_batch_provider.batch.failed_calls import FailedCalls
from airflow_batch_provider.errors import AccessRefusedError
from airflow_batch_provider.hooks.connection import AwsConnection
from airflow_batch_provider.hooks.settings import refused_seconds
from airflow_batch_provider.triggers.renewing_hook import RenewingHook
from airflow_batch_provider.triggers.settling import settling_seconds
from airflow_batch_provider.triggers.threads import run_in_thread
from airflow_batch_provider.triggers.unknown_keywords import UnknownKeywords

_SLOWDOWN_MAX: Final = 8.0
"""The pauses between two polls grow up to this factor while calls fail."""


class BatchResourceTrigger(BaseTrigger):
    """
    Wait until AWS Batch has finished changing resources: each is VALID, INVALID or deleted.

    The event is ``{}``, or ``{"error": text, "retryable": bool}`` if the wait itself failed.

    :param resources: pairs of kind and name, such as ``["job queue", "etl"]``.
    :param connection: the four connection keywords as a mapping.
    :param poll_interval_seconds: seconds between two polls.
    :param unknown: see ``BatchJobTrigger``.
    """

    def __init__(
        self,
        *,
        resources: Sequence[Sequence[str]],
        connection: Mapping[str, Any] | None = None,
        poll_interval_seconds: float = defaults.POLL_INTERVAL_SECONDS,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        **unknown: Any,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.resources = [list(pair) for pair in resources]
        self.connection = AwsConnection.from_json(connection)
        self.poll_interval_seconds = poll_interval_seconds
        self.unknown = UnknownKeywords.of(unknown, connection=(connection, AwsConnection))
        self._sleep = sleep
        self._hook = RenewingHook(self.connection)
        self._failed_calls: FailedCalls | None = None
        self._slowdown = 1.0

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class path and the arguments of ``__init__``."""
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            self.unknown.added_to(
                {
                    "resources": self.resources,
                    "connection": self.connection.to_json(),
                    "poll_interval_seconds": self.poll_interval_seconds,
                }
            ),
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Poll until the resources are settled; errors that can pass do not end the wait."""
        self.unknown.report(self.log)
        event: dict[str, Any] = {}
        began_at = time.time()
        try:
            while await self._is_busy():
                await self._sleep(self.poll_interval_seconds * self._slowdown)
        except AccessRefusedError as error:
            event = {"error": str(error), "retryable": True}
        except Exception as error:
            event = {"error": f"waiting for {self._names()} failed: {error!r}", "retryable": True}
        if seconds := settling_seconds(began_at):
            await self._sleep(seconds)
        yield TriggerEvent(event)  # type: ignore[no-untyped-call]

    async def _is_busy(self) -> bool:
        try:
            is_busy = await run_in_thread(self._find_unsettled)
        except Exception as error:
            if not handling_of(error).keeps_waiting:
                raise
            if overdue := self._calls().failed(error):
                raise overdue from error
            self._slowdown = min(self._slowdown * 2, _SLOWDOWN_MAX)
            return True
        self._calls().succeeded()
        self._slowdown = 1.0
        return is_busy

    def _calls(self) -> FailedCalls:
        if self._failed_calls is None:  # the log belongs to the task only once the trigger runs
            self._failed_calls = FailedCalls(self._names(), limit_seconds=refused_seconds(), log=self.log)
        return self._failed_calls

    def _find_unsettled(self) -> bool:
        from airflow_batch_provider.plan.resources import ResourceKind
        from airflow_batch_provider.resources.account import ResourceAccount
        from airflow_batch_provider.resources.observed import ResourceReference
        from airflow_batch_provider.resources.waiting import find_unsettled

        account = ResourceAccount(self._hook().conn)
        references = tuple(ResourceReference(ResourceKind(kind), name) for kind, name in self.resources)
        return bool(find_unsettled(account, references))

    def _names(self) -> str:
        return ", ".join(f"{kind} '{name}'" for kind, name in self.resources)
