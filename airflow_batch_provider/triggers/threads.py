"""Calls that block, made by triggers."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


async def run_in_thread(call: Callable[[], T], executor: ThreadPoolExecutor | None = None) -> T:
    """
    Run what blocks in a thread, also what asks Airflow's supervisor, such as for a connection.

    :param executor: whose threads; those of the event loop unless given.

    In a thread of ``asyncio.to_thread`` Airflow 3.1 would read the supervisor's answer with an event
    loop of its own: it then gets that to another question, and the triggerer ends.
    """
    from asgiref.sync import sync_to_async

    result: T = await sync_to_async(call, thread_sensitive=False, executor=executor)()
    return result
