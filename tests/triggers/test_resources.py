"""``BatchResourceTrigger``: waiting for resources in the triggerer."""

import asyncio
from collections.abc import Sequence

import pytest

from airflow_batch_provider.triggers.resources import BatchResourceTrigger
from airflow_batch_provider.triggers.settling import SETTLING_SECONDS
from tests.fakes import FakeTime


class Watched(BatchResourceTrigger):
    """A trigger for a job queue whose next looks find it busy, or fail."""

    def __init__(self, *looks: bool | Exception) -> None:
        self.time = FakeTime()
        super().__init__(
            resources=[("job queue", "etl")],
            connection={"aws_conn_id": None},
            poll_interval_seconds=30.0,
            sleep=self.time.sleep,
        )
        self.looks = list(looks)

    def _find_unsettled(self) -> bool:
        look = self.looks.pop(0)
        if isinstance(look, Exception):
            raise look
        return look


async def first_event(trigger: Watched) -> tuple[bool, dict[str, object]]:
    """Return whether the event came at once, and the event."""
    waiting = asyncio.ensure_future(anext(trigger.run()))
    await looked(trigger)
    came_at_once = waiting.done()
    while not waiting.done():
        await trigger.time.pass_to_next()
    return came_at_once, (await waiting).payload


async def looked(trigger: Watched) -> None:
    """Wait until the trigger, which looks in a thread, has looked and sleeps."""
    while not trigger.time.slept:
        await asyncio.sleep(0)


@pytest.mark.parametrize("looks", [[False], [ValueError("refused")]], ids=["settled", "error"])
def test_the_first_half_of_the_task_is_left_in_peace_whatever_the_event(looks: Sequence[bool | Exception]):
    trigger = Watched(*looks)

    came_at_once, event = asyncio.run(first_event(trigger))

    assert not came_at_once
    assert trigger.time.slept == [pytest.approx(SETTLING_SECONDS, abs=1)]
    assert ("error" in event) is isinstance(looks[0], Exception)
