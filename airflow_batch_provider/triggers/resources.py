"""A trigger that waits for compute environments and job queues without a worker slot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_batch_provider import defaults
from airflow_batch_provider.batch.api_errors import is_transient
from airflow_batch_provider.hooks.connection import AwsConnection
from airflow_batch_provider.triggers.threads import run_in_thread
from airflow_batch_provider.triggers.unknown_keywords import UnknownKeywords


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
        """Poll until the resources are settled; transient errors do not end the wait."""
        self.unknown.report(self.log)
        event: dict[str, Any] = {}
        try:
            while await self._is_busy():
                await self._sleep(self.poll_interval_seconds)
        except Exception as error:
            event = {"error": f"waiting for {self._names()} failed: {error!r}", "retryable": True}
        yield TriggerEvent(event)  # type: ignore[no-untyped-call]

    async def _is_busy(self) -> bool:
        try:
            return await run_in_thread(self._find_unsettled)
        except Exception as error:
            if not is_transient(error):
                raise
            self.log.warning("Describing %s failed; trying again: %s", self._names(), error)
            return True

    def _find_unsettled(self) -> bool:
        from airflow_batch_provider.hooks.batch import BatchHook
        from airflow_batch_provider.plan.resources import ResourceKind
        from airflow_batch_provider.resources.account import ResourceAccount
        from airflow_batch_provider.resources.observed import ResourceReference
        from airflow_batch_provider.resources.waiting import find_unsettled

        account = ResourceAccount(BatchHook.of(self.connection).conn)
        references = tuple(ResourceReference(ResourceKind(kind), name) for kind, name in self.resources)
        return bool(find_unsettled(account, references))

    def _names(self) -> str:
        return ", ".join(f"{kind} '{name}'" for kind, name in self.resources)
