"""Calls that block, made by triggers."""

from __future__ import annotations

import asyncio

import pytest
from asgiref.sync import async_to_sync

from airflow_batch_provider.triggers.threads import run_in_thread


def test_what_a_call_asks_of_the_supervisor_is_answered_in_the_triggers_own_loop() -> None:
    """As Airflow 3.1 asks: through ``async_to_sync``, from the thread that the call runs in."""

    async def loop_of_the_answer() -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    async def ask() -> bool:
        answered_in = await run_in_thread(async_to_sync(loop_of_the_answer))
        made_there = await run_in_thread(lambda: async_to_sync(loop_of_the_answer)())
        return answered_in is made_there is asyncio.get_running_loop()

    assert asyncio.run(ask())


def test_calls_do_not_wait_for_each_other() -> None:
    async def meet() -> None:
        meeting = asyncio.Event()
        loop = asyncio.get_running_loop()

        def wait() -> None:
            asyncio.run_coroutine_threadsafe(meeting.wait(), loop).result(timeout=60)

        def arrive() -> None:
            loop.call_soon_threadsafe(meeting.set)

        await asyncio.gather(run_in_thread(wait), run_in_thread(arrive))

    asyncio.run(meet())


def test_an_error_comes_to_the_caller() -> None:
    def fail() -> None:
        raise ValueError("no such connection")

    with pytest.raises(ValueError, match="no such connection"):
        asyncio.run(run_in_thread(fail))
