"""Blocking calls of triggers."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


async def run_in_thread(call: Callable[[], T], executor: ThreadPoolExecutor | None = None) -> T:
    """
    Run a blocking call in a thread, including calls to Airflow's supervisor, such as for a connection.

    ``asyncio.to_thread`` would not do: in its thread, Airflow 3.1 reads the supervisor's response with a new
    event loop, receives the response to a different request, and the triggerer crashes.

    :param executor: provides the thread; the event loop's own executor by default.
    """
    from asgiref.sync import sync_to_async

    result: T = await sync_to_async(call, thread_sensitive=False, executor=executor)()
    return result
