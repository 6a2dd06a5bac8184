"""What the triggers of one process share: one poller and one killer for each connection."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from airflow_batch_provider.batch.job import JobDescription
from airflow_batch_provider.batch.poller import JobPoller
from airflow_batch_provider.hooks.metrics import JobMetrics, triggerer_metrics
from airflow_batch_provider.triggers.ending import TaskEnding
from airflow_batch_provider.triggers.killing import JobKiller
from airflow_batch_provider.triggers.threads import run_in_thread

if TYPE_CHECKING:
    from airflow_batch_provider.hooks.batch import BatchHook
    from airflow_batch_provider.hooks.connection import AwsConnection


@dataclass(frozen=True, slots=True)
class SharedServices:
    """
    Waits for the jobs of one connection, and terminates those of killed tasks.

    :param pause: sleeps for some seconds.
    """

    poller: JobPoller
    killer: JobKiller
    ending: TaskEnding
    metrics: JobMetrics
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep


_services: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, SharedServices]] = WeakKeyDictionary()
"""By event loop and connection: what makes a thousand waits ten calls a round.

The one module-level state of the provider: triggers have no other place in which they could meet.
"""


def shared_services(connection: AwsConnection) -> SharedServices:
    """Find or make the services of this event loop for a connection."""
    services = _services.setdefault(asyncio.get_running_loop(), {})
    if connection.key not in services:
        services[connection.key] = _services_for(connection)
    return services[connection.key]


def _services_for(connection: AwsConnection) -> SharedServices:
    metrics = triggerer_metrics()
    hook = _hook_of(connection, metrics)
    # Polling and killing have a thread each: they must not queue behind the tasks that are ending.
    threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="batch-provider")

    async def describe(job_ids: Sequence[str]) -> Mapping[str, JobDescription]:
        return await run_in_thread(lambda: hook().batch.describe(job_ids), threads)

    async def terminate(job_ids: Sequence[str], reason: str) -> None:
        await run_in_thread(lambda: hook().batch.terminate(job_ids, reason), threads)

    poller = JobPoller(describe, on_poll=partial(metrics.record_poll, str(connection.aws_conn_id)))
    return SharedServices(poller, JobKiller(_task_states, terminate), TaskEnding(hook), metrics)


def _hook_of(connection: AwsConnection, metrics: JobMetrics) -> Callable[[], BatchHook]:
    """Make the hook when it is first used, beside the event loop: it takes a second and blocks."""

    @cache
    def hook() -> BatchHook:
        from airflow_batch_provider.hooks.batch import BatchHook

        return BatchHook.of(connection, metrics)

    return hook


async def _task_states(dag_id: str, run_id: str, task_ids: Sequence[str]) -> Mapping[str, str | None]:
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
    from asgiref.sync import sync_to_async

    states = await sync_to_async(RuntimeTaskInstance.get_task_states)(
        dag_id=dag_id, task_ids=list(task_ids), run_ids=[run_id]
    )
    of_run: Mapping[str, str | None] = states.get(run_id, {})
    return of_run
