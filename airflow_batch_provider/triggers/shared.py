"""The services that the triggers of one process share: one poller and one killer per connection."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from airflow_batch_provider.batch.api_errors import describe as describe_error
from airflow_batch_provider.batch.api_errors import is_refusal
from airflow_batch_provider.batch.poller import JobPoller
from airflow_batch_provider.errors import TerminationError
from airflow_batch_provider.hooks.metrics import JobMetrics, triggerer_metrics
from airflow_batch_provider.triggers.killing import JobKiller
from airflow_batch_provider.triggers.renewing_hook import RenewingHook
from airflow_batch_provider.triggers.task_access import TaskAccess
from airflow_batch_provider.triggers.threads import run_in_thread

if TYPE_CHECKING:
    from airflow_batch_provider.batch.job import JobDescription
    from airflow_batch_provider.hooks.connection import AwsConnection


_TERMINATION_PAUSES: Final = (1.0, 2.0, 4.0)
"""Seconds between the tries to terminate jobs while AWS refuses the credentials: a killed trigger lives for
about ten seconds."""


@dataclass(frozen=True, slots=True)
class SharedServices:
    """
    The services of one connection.

    :param poller: waits for jobs.
    :param killer: terminates the jobs of killed tasks.
    :param tasks: reads and writes for tasks what a worker otherwise would.
    :param pause: sleeps for a number of seconds.
    """

    poller: JobPoller
    killer: JobKiller
    tasks: TaskAccess
    metrics: JobMetrics
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep


# Keyed by the loop object, not its id(): `dag.test()` runs
# each trigger in a loop of its own, and ids are reused.
_services: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, SharedServices]] = WeakKeyDictionary()
"""
By event loop and connection; because of it, 1,000 waits need ten DescribeJobs calls per poll.

Triggers have no other object in common.
"""


def shared_services(connection: AwsConnection) -> SharedServices:
    """Return the services of this event loop for a connection."""
    services = _services.setdefault(asyncio.get_running_loop(), {})
    if connection.key not in services:
        services[connection.key] = _services_for(connection)
    return services[connection.key]


def _services_for(connection: AwsConnection) -> SharedServices:
    metrics = triggerer_metrics()
    hook = RenewingHook(connection, metrics)
    # Polling and killing have a thread each, so that ending tasks cannot delay them.
    threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="batch-provider")

    async def describe(job_ids: Sequence[str]) -> Mapping[str, JobDescription]:
        return await run_in_thread(lambda: hook().batch.describe(job_ids), threads)

    async def terminate(job_ids: Sequence[str], reason: str) -> None:
        await despite_refusals(
            lambda: run_in_thread(lambda: hook().batch.terminate(job_ids, reason), threads), job_ids
        )

    poller = JobPoller(describe, on_poll=partial(metrics.record_poll, str(connection.aws_conn_id)))
    return SharedServices(poller, JobKiller(_task_states, terminate), TaskAccess(hook), metrics)


async def despite_refusals(
    terminate: Callable[[], Awaitable[None]],
    job_ids: Sequence[str],
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """
    Terminate jobs; try again after pauses while AWS refuses the credentials.

    :raises TerminationError: AWS has refused all tries.
    """
    for seconds in (*_TERMINATION_PAUSES, None):
        try:
            await terminate()
        except Exception as error:
            if not is_refusal(error):
                raise
            if seconds is None:
                raise TerminationError(
                    f"these jobs were not terminated and may still run: {', '.join(job_ids)}. "
                    f"{describe_error(error)}. Then terminate them in the AWS Batch console"
                ) from error
            await pause(seconds)
        else:
            return


async def _task_states(dag_id: str, run_id: str, task_ids: Sequence[str]) -> Mapping[str, str | None]:
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
    from asgiref.sync import sync_to_async

    # Triggers have no database session; the supervisor of the triggerer answers.
    states = await sync_to_async(RuntimeTaskInstance.get_task_states)(
        dag_id=dag_id, task_ids=list(task_ids), run_ids=[run_id]
    )
    of_run: Mapping[str, str | None] = states.get(run_id, {})
    return of_run
