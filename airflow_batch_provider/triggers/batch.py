"""Waits for jobs and array jobs without a worker slot."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_batch_provider.batch.job import JobDescription
from airflow_batch_provider.batch.poller import JobPoller
from airflow_batch_provider.errors import BatchProviderError
from airflow_batch_provider.hooks.connection import AwsConnection

if TYPE_CHECKING:
    from airflow_batch_provider.hooks.batch import BatchHook

log = logging.getLogger(__name__)

_pollers: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, JobPoller]] = WeakKeyDictionary()
"""The pollers of this process, by event loop and connection: what makes a thousand waits ten calls a round.

The one module-level state of the provider: triggers have no other place in which they could meet.
"""


class BatchJobTrigger(BaseTrigger):
    """
    Wait until jobs have ended, whatever their end.

    Its event is ``{"jobs": [description, …]}`` in the order of ``job_ids``, or
    ``{"error": text, "retryable": bool}`` where the wait itself failed.

    :param job_ids: ids of jobs, array jobs or array children, any number.
    :param connection: the four connection keywords as a mapping.
    :param poll_interval_seconds: from one round of DescribeJobs to the next.
    """

    def __init__(
        self, *, job_ids: Sequence[str], connection: Mapping[str, Any], poll_interval_seconds: float
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.job_ids = list(job_ids)
        self.connection = AwsConnection(**connection)
        self.poll_interval_seconds = poll_interval_seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Write what ``__init__`` takes."""
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            {
                "job_ids": self.job_ids,
                "connection": self.connection.to_json(),
                "poll_interval_seconds": self.poll_interval_seconds,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait with all others that use this connection; log each change of a job."""
        try:
            ended = await shared_poller(self.connection).wait(
                self.job_ids,
                interval_seconds=self.poll_interval_seconds,
                on_change=lambda job: self.log.info("%s", job),
            )
        except BatchProviderError as error:
            event: dict[str, Any] = {"error": str(error), "retryable": error.retryable}
        except Exception as error:
            event = {"error": f"waiting for {', '.join(self.job_ids)} failed: {error!r}", "retryable": True}
        else:
            event = {"jobs": [ended[job_id].to_json() for job_id in self.job_ids]}
        yield TriggerEvent(event)  # type: ignore[no-untyped-call]


def shared_poller(connection: AwsConnection) -> JobPoller:
    """Find or make the poller of this event loop for a connection."""
    pollers = _pollers.setdefault(asyncio.get_running_loop(), {})
    if connection.key not in pollers:
        pollers[connection.key] = _poller_for(connection)
    return pollers[connection.key]


def _poller_for(connection: AwsConnection) -> JobPoller:
    hooks: list[BatchHook] = []

    def describe(job_ids: Sequence[str]) -> Mapping[str, JobDescription]:
        from airflow_batch_provider.hooks.batch import BatchHook

        if not hooks:
            hooks.append(BatchHook.of(connection))
        return hooks[0].batch.describe(job_ids)

    async def describe_in_thread(job_ids: Sequence[str]) -> Mapping[str, JobDescription]:
        return await asyncio.to_thread(describe, job_ids)

    return JobPoller(describe_in_thread)
