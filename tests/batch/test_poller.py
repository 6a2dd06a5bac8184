"""The poller, with a clock that the test moves."""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from airflow_batch_provider.batch.job import JobDescription, JobStatus
from airflow_batch_provider.batch.poller import JobPoller
from airflow_batch_provider.defaults import MISSED_POLLS_MAX
from airflow_batch_provider.errors import JobNotFoundError
from tests.fakes import FakeTime, job_detail, settle, throttled

WHO = contextvars.ContextVar("who", default="nobody")


class World:
    """Jobs, a clock and a poller between them."""

    def __init__(self) -> None:
        self.time = FakeTime()
        self.jobs: dict[str, JobDescription] = {}
        self.calls: list[list[str]] = []
        self.errors: dict[str, Exception] = {}
        """What a call raises that asks for that job."""
        self.poller = JobPoller(self.describe, sleep=self.time.sleep)

    async def describe(self, job_ids):
        self.calls.append(list(job_ids))
        for job_id in job_ids:
            if job_id in self.errors:
                raise self.errors[job_id]
        return {job_id: self.jobs[job_id] for job_id in job_ids if job_id in self.jobs}

    def put(self, job_id: str, status: str, **members: Any) -> None:
        self.jobs[job_id] = JobDescription.from_aws(job_detail(job_id, status, **members))

    def wait(self, *job_ids: str, interval_seconds: float = 10, **keywords: Any) -> asyncio.Task:
        return asyncio.ensure_future(self.poller.wait(job_ids, interval_seconds=interval_seconds, **keywords))

    async def round(self) -> list[list[str]]:
        """Let one round happen; the calls that it made."""
        before = len(self.calls)
        await self.time.pass_to_next()
        return self.calls[before:]


def in_a_world(scenario: Callable[[World], Awaitable[None]]) -> Callable[[], None]:
    """Make a test of a scenario: a loop and a world of its own."""

    def test() -> None:
        async def run() -> None:
            await scenario(World())

        asyncio.run(run())

    test.__name__ = scenario.__name__
    test.__doc__ = scenario.__doc__
    return test


@in_a_world
async def test_a_waiter_gets_the_description_that_ended_its_wait(world):
    world.put("a", "RUNNING")
    waiting = world.wait("a")
    await world.round()
    world.put("a", "FAILED", statusReason="Essential container in task exited")

    calls = await world.round()

    assert calls == [["a"]]
    assert await waiting == {"a": world.jobs["a"]}


@in_a_world
async def test_a_wait_for_nothing_ends_at_once(world):
    assert await world.poller.wait([], interval_seconds=10) == {}
    assert not world.poller.is_running


@in_a_world
async def test_a_wait_begins_with_a_pause(world):
    world.wait("a")
    await settle()

    assert world.calls == []
    assert len(world.time.slept) == 1


@in_a_world
async def test_a_call_asks_for_at_most_a_hundred_jobs(world):
    job_ids = [f"j{number}" for number in range(250)]
    for job_id in job_ids:
        world.put(job_id, "SUCCEEDED")
    waiting = world.wait(*job_ids)

    calls = await world.round()

    assert [len(call) for call in calls] == [100, 100, 50]
    assert sorted(job_id for call in calls for job_id in call) == sorted(job_ids)
    assert list(await waiting) == job_ids


@in_a_world
async def test_a_thousand_waiters_make_ten_calls_a_round(world):
    waits = []
    for number in range(1000):
        world.put(f"j{number}", "RUNNING")
        waits.append(world.wait(f"j{number}"))

    first, second = await world.round(), await world.round()

    assert (len(first), len(second)) == (10, 10)
    assert not any(waiting.done() for waiting in waits)


@in_a_world
async def test_two_who_wait_for_the_same_job_ask_once(world):
    world.put("a", "SUCCEEDED")
    one, other = world.wait("a"), world.wait("a", "a")

    calls = await world.round()

    assert calls == [["a"]]
    assert await one == await other == {"a": world.jobs["a"]}


@in_a_world
async def test_a_job_that_has_ended_is_not_described_again(world):
    world.put("done", "SUCCEEDED")
    world.put("running", "RUNNING")
    waiting = world.wait("done", "running")
    await world.round()

    calls = await world.round()

    assert calls == [["running"]]
    world.put("done", "FAILED")
    world.put("running", "SUCCEEDED")
    await world.round()
    assert {job_id: job.status for job_id, job in (await waiting).items()} == {
        "done": "SUCCEEDED",
        "running": "SUCCEEDED",
    }


@in_a_world
async def test_one_failing_chunk_does_not_fail_the_others(world):
    job_ids = [f"j{number}" for number in range(150)]
    waits = []
    for job_id in job_ids:
        world.put(job_id, "SUCCEEDED")
        waits.append(world.wait(job_id))
    world.errors["j0"] = ValueError("broken")

    broken, good = await world.round()

    ended = await asyncio.gather(*waits, return_exceptions=True)
    failed = [job_id for job_id, end in zip(job_ids, ended, strict=True) if isinstance(end, ValueError)]
    assert failed == broken
    assert len(good) == 50


@in_a_world
async def test_a_waiter_whose_jobs_fail_in_two_chunks_fails_alone(world):
    many = world.wait(*[f"j{number}" for number in range(200)])
    world.put("other", "SUCCEEDED")
    other = world.wait("other")
    world.errors.update(j0=ValueError("first"), j100=ValueError("second"))

    await world.round()

    with pytest.raises(ValueError, match="first"):
        await many
    assert await other == {"other": world.jobs["other"]}


@in_a_world
async def test_an_unknown_error_reaches_everyone_who_waits_for_that_call(world):
    world.put("a", "RUNNING")
    waits = [world.wait("a"), world.wait("b"), world.wait("a", "b")]
    world.errors["a"] = ValueError("broken")

    await world.round()

    assert [type(end) for end in await asyncio.gather(*waits, return_exceptions=True)] == [ValueError] * 3
    assert not world.poller.is_running


@in_a_world
async def test_nobody_is_left_waiting_when_the_poller_itself_breaks(world):
    async def broken_sleep(seconds):
        raise RuntimeError("no time")

    poller = JobPoller(world.describe, sleep=broken_sleep)

    with pytest.raises(RuntimeError, match="no time"):
        await poller.wait(["a"], interval_seconds=10)
    assert not poller.is_running


@in_a_world
async def test_throttling_slows_the_poller_down_and_it_recovers(world):
    world.put("a", "RUNNING")
    waiting = world.wait("a")
    world.errors["a"] = throttled("DescribeJobs")
    for _ in range(5):
        await world.round()
    del world.errors["a"]
    for _ in range(4):
        await world.round()

    paces = [round(pause / 10) for pause in world.time.slept]

    assert not waiting.done()
    assert paces[0] == 1
    assert [min((1, 2, 4, 8), key=lambda pace: abs(pace - seen)) for seen in paces] == [
        1,
        2,
        4,
        8,
        8,
        8,
        4,
        2,
        1,
        1,
    ]


@in_a_world
async def test_pauses_vary_and_are_never_longer_than_the_interval(world):
    world.put("a", "RUNNING")
    world.wait("a")
    for _ in range(20):
        await world.round()

    assert all(9 <= pause <= 10 for pause in world.time.slept)
    assert len(set(world.time.slept)) > 1


@in_a_world
async def test_the_shortest_interval_counts(world):
    world.wait("a", interval_seconds=100)
    world.wait("b", interval_seconds=10)
    await world.round()

    assert world.time.slept[-1] <= 11


@in_a_world
async def test_a_job_that_aws_does_not_know_for_long_is_lost(world):
    world.put("known", "RUNNING")
    lost, kept = world.wait("gone"), world.wait("known")
    for _ in range(MISSED_POLLS_MAX - 1):
        await world.round()
    assert not lost.done()

    await world.round()

    with pytest.raises(JobNotFoundError) as raised:
        await lost
    assert str(raised.value) == (
        "job gone not found: DescribeJobs did not return it in 5 polls in a row. "
        "AWS Batch deletes finished jobs after about seven days. "
        "Check the job's log in CloudWatch Logs, or submit the job again."
    )
    assert not kept.done()


@in_a_world
async def test_a_job_that_turns_up_again_is_not_lost(world):
    waiting = world.wait("late")
    for _ in range(MISSED_POLLS_MAX - 1):
        await world.round()
    world.put("late", "RUNNING")
    await world.round()
    del world.jobs["late"]
    for _ in range(MISSED_POLLS_MAX - 1):
        await world.round()

    assert not waiting.done()


@in_a_world
async def test_a_call_that_failed_says_nothing_about_what_aws_knows(world):
    waiting = world.wait("a")
    world.errors["a"] = throttled("DescribeJobs")
    for _ in range(MISSED_POLLS_MAX + 1):
        await world.round()

    assert not waiting.done()


@in_a_world
async def test_on_change_is_called_once_a_change(world):
    seen = []
    world.put("a", "RUNNABLE")
    waiting = world.wait("a", on_change=lambda job: seen.append((job.status, job.status_reason)))
    await world.round()
    await world.round()
    world.put("a", "RUNNABLE", statusReason="MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT")
    await world.round()
    await world.round()
    world.put("a", "SUCCEEDED")
    await world.round()

    assert seen == [
        ("RUNNABLE", None),
        ("RUNNABLE", "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT"),
        ("SUCCEEDED", None),
    ]
    assert (await waiting)["a"].status is JobStatus.SUCCEEDED


@in_a_world
async def test_on_change_is_not_called_for_what_nobody_wants_to_read(world):
    seen = []
    waiting = world.wait("a", on_change=seen.append)
    for started in (1, 2, 3):
        world.put("a", "RUNNING", startedAt=started, container={"logStreamName": f"s/{started}"})
        await world.round()

    assert [job.started_at for job in seen] == [1]
    assert not waiting.done()


@in_a_world
async def test_on_change_sees_the_progress_of_an_array(world):
    seen = []
    world.wait("a", on_change=lambda job: seen.append(str(job.array)))
    for done in (0, 0, 1, 2, 2):
        world.put("a", "PENDING", arrayProperties={"size": 2, "statusSummary": {"SUCCEEDED": done}})
        await world.round()

    assert seen == [f"array: {done} of 2 succeeded" for done in range(3)]


@in_a_world
async def test_an_on_change_that_raises_fails_only_its_own_waiter(world):
    def broken(job):
        raise RuntimeError("disk full")

    world.put("a", "SUCCEEDED")
    one, other = world.wait("a", on_change=broken), world.wait("a")

    await world.round()

    with pytest.raises(RuntimeError, match="disk full"):
        await one
    assert await other == {"a": world.jobs["a"]}


@in_a_world
async def test_one_waiter_that_is_cancelled_leaves_the_others(world):
    world.put("a", "RUNNING")
    world.put("b", "RUNNING")
    one, other = world.wait("a"), world.wait("b")
    await world.round()

    one.cancel()
    await settle()
    calls = await world.round()

    assert one.cancelled()
    assert calls == [["b"]]
    world.put("b", "SUCCEEDED")
    await world.round()
    assert await other == {"b": world.jobs["b"]}


@in_a_world
async def test_a_waiter_that_is_cancelled_while_its_job_is_described_leaves_the_others(world):
    world.put("a", "SUCCEEDED")
    one, other = world.wait("a"), world.wait("a")
    await settle()
    describe = world.poller._describe

    async def describe_while_one_leaves(job_ids):
        one.cancel()
        await asyncio.sleep(0)
        return await describe(job_ids)

    world.poller._describe = describe_while_one_leaves
    await world.round()

    assert one.cancelled()
    assert await other == {"a": world.jobs["a"]}


@in_a_world
async def test_the_last_waiter_that_leaves_closes_the_poller(world):
    world.put("a", "RUNNING")
    waiting = world.wait("a")
    await world.round()
    assert world.poller.is_running

    waiting.cancel()
    await settle()

    assert not world.poller.is_running
    assert await world.round() == []
    assert asyncio.all_tasks() == {asyncio.current_task()}


@in_a_world
async def test_a_new_waiter_starts_the_poller_again(world):
    world.put("a", "SUCCEEDED")
    await asyncio.gather(world.wait("a"), world.round())
    assert not world.poller.is_running
    world.put("b", "SUCCEEDED")

    ended, _ = await asyncio.gather(world.wait("b"), world.round())

    assert ended == {"b": world.jobs["b"]}


@in_a_world
async def test_who_comes_as_the_last_one_leaves_is_served(world):
    world.put("a", "RUNNING")
    world.put("b", "SUCCEEDED")
    leaving = world.wait("a")
    await settle()
    leaving.cancel()
    coming = world.wait("b")

    await world.round()

    assert await coming == {"b": world.jobs["b"]}
    assert asyncio.all_tasks() == {asyncio.current_task()}


@in_a_world
async def test_the_poller_runs_in_a_context_of_its_own(world):
    contexts = []
    describe = world.poller._describe

    async def watched(job_ids):
        contexts.append(WHO.get())
        return await describe(job_ids)

    world.poller._describe = watched
    world.put("a", "RUNNING")
    WHO.set("the first waiter")
    world.wait("a")
    await world.round()

    assert contexts == ["nobody"]


@in_a_world
async def test_each_on_change_runs_in_its_waiters_context(world):
    seen = []
    world.put("a", "RUNNING")
    for who in ("one", "other"):
        context = contextvars.copy_context()
        context.run(WHO.set, who)
        context.run(world.wait, "a", on_change=lambda job: seen.append(WHO.get()))

    await world.round()

    assert sorted(seen) == ["one", "other"]


@in_a_world
async def test_an_objection_ends_the_wait_of_the_one_who_raises_it(world):
    world.put("a", "RUNNABLE")
    objecting = world.wait("a", stop_reason=lambda job: ValueError(f"{job.status} for too long"))
    waiting = world.wait("a")

    await world.round()

    with pytest.raises(ValueError, match="RUNNABLE for too long"):
        await objecting
    assert not waiting.done()
    waiting.cancel()


@in_a_world
async def test_nobody_objects_to_a_job_that_has_ended(world):
    world.put("a", "FAILED")
    waiting = world.wait("a", stop_reason=lambda job: ValueError("too late"))

    await world.round()

    assert await waiting == {"a": world.jobs["a"]}


@in_a_world
async def test_what_an_end_sets_off_begins_when_all_calls_of_the_round_are_made(world):
    """A thousand ends would otherwise take the machine from the calls that are still to come."""
    ids = [f"job-{number}" for number in range(250)]
    calls_at_end: list[int] = []

    async def describe(job_ids):
        await asyncio.sleep(0)  # others have their turn, as while AWS answers
        return await world.describe(job_ids)

    poller = JobPoller(describe, sleep=world.time.sleep)

    async def follow(job_id: str) -> None:
        await poller.wait([job_id], interval_seconds=10)
        calls_at_end.append(len(world.calls))

    for job_id in ids:
        world.put(job_id, "SUCCEEDED")
    following = [asyncio.ensure_future(follow(job_id)) for job_id in ids]
    await world.round()
    await asyncio.gather(*following)

    assert calls_at_end == [3] * 250
