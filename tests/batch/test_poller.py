"""The poller, with a clock that the test advances."""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from airflow_batch_provider.batch.job import JobDescription, JobStatus
from airflow_batch_provider.batch.poller import JobPoller
from airflow_batch_provider.defaults import MISSED_POLLS_MAX
from airflow_batch_provider.errors import AccessRefusedError, JobNotFoundError
from tests.fakes import FakeTime, aws_error, job_detail, settle, throttled

WHO = contextvars.ContextVar("who", default="no waiter")


class World:
    """A poller with fake jobs and a fake clock."""

    def __init__(self) -> None:
        self.time = FakeTime()
        self.jobs: dict[str, JobDescription] = {}
        self.calls: list[list[str]] = []
        self.errors: dict[str, Exception] = {}
        """The error of calls that describe this job."""
        self.seconds = 0.0
        self.poller = JobPoller(self.describe, sleep=self.time.sleep, now=lambda: self.seconds)

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

    async def poll(self) -> list[list[str]]:
        """Run one poll, and return its calls."""
        before = len(self.calls)
        await self.time.pass_to_next()
        return self.calls[before:]


def in_a_world(scenario: Callable[[World], Awaitable[None]]) -> Callable[[], None]:
    """Run a scenario as a test, with its own event loop and world."""

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
    await world.poll()
    world.put("a", "FAILED", statusReason="Essential container in task exited")

    calls = await world.poll()

    assert calls == [["a"]]
    assert await waiting == {"a": world.jobs["a"]}


@in_a_world
async def test_wait_without_job_ids_returns_immediately(world):
    assert await world.poller.wait([], interval_seconds=10) == {}
    assert not world.poller.is_running


@in_a_world
async def test_a_wait_begins_with_a_pause(world):
    world.wait("a")
    await settle()

    assert world.calls == []
    assert len(world.time.slept) == 1


@in_a_world
async def test_calls_have_at_most_100_job_ids(world):
    job_ids = [f"j{number}" for number in range(250)]
    for job_id in job_ids:
        world.put(job_id, "SUCCEEDED")
    waiting = world.wait(*job_ids)

    calls = await world.poll()

    assert [len(call) for call in calls] == [100, 100, 50]
    assert sorted(job_id for call in calls for job_id in call) == sorted(job_ids)
    assert list(await waiting) == job_ids


@in_a_world
async def test_a_thousand_waiters_need_ten_calls_per_poll(world):
    waits = []
    for number in range(1000):
        world.put(f"j{number}", "RUNNING")
        waits.append(world.wait(f"j{number}"))

    first, second = await world.poll(), await world.poll()

    assert (len(first), len(second)) == (10, 10)
    assert not any(waiting.done() for waiting in waits)


@in_a_world
async def test_two_waiters_for_one_job_share_a_call(world):
    world.put("a", "SUCCEEDED")
    one, other = world.wait("a"), world.wait("a", "a")

    calls = await world.poll()

    assert calls == [["a"]]
    assert await one == await other == {"a": world.jobs["a"]}


@in_a_world
async def test_a_job_that_has_ended_is_not_described_again(world):
    world.put("done", "SUCCEEDED")
    world.put("running", "RUNNING")
    waiting = world.wait("done", "running")
    await world.poll()

    calls = await world.poll()

    assert calls == [["running"]]
    world.put("done", "FAILED")
    world.put("running", "SUCCEEDED")
    await world.poll()
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

    broken, good = await world.poll()

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

    await world.poll()

    with pytest.raises(ValueError, match="first"):
        await many
    assert await other == {"other": world.jobs["other"]}


@in_a_world
async def test_permanent_error_reaches_all_waiters_of_that_call(world):
    world.put("a", "RUNNING")
    waits = [world.wait("a"), world.wait("b"), world.wait("a", "b")]
    world.errors["a"] = ValueError("broken")

    await world.poll()

    assert [type(end) for end in await asyncio.gather(*waits, return_exceptions=True)] == [ValueError] * 3
    assert not world.poller.is_running


@in_a_world
async def test_all_waiters_fail_when_the_poller_breaks(world):
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
        await world.poll()
    del world.errors["a"]
    for _ in range(4):
        await world.poll()

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
        await world.poll()

    assert all(9 <= pause <= 10 for pause in world.time.slept)
    assert len(set(world.time.slept)) > 1


@in_a_world
async def test_the_shortest_interval_counts(world):
    world.wait("a", interval_seconds=100)
    world.wait("b", interval_seconds=10)
    await world.poll()

    assert world.time.slept[-1] <= 11


@in_a_world
async def test_job_missing_in_several_polls_is_not_found(world):
    world.put("known", "RUNNING")
    missing, kept = world.wait("gone"), world.wait("known")
    for _ in range(MISSED_POLLS_MAX - 1):
        await world.poll()
    assert not missing.done()

    await world.poll()

    with pytest.raises(JobNotFoundError) as raised:
        await missing
    assert str(raised.value) == (
        "job gone not found: DescribeJobs did not return it in 5 consecutive polls. "
        "AWS Batch deletes finished jobs after about seven days. "
        "Check the job's log in CloudWatch Logs, or submit the job again."
    )
    assert not kept.done()


@in_a_world
async def test_job_that_reappears_is_kept(world):
    waiting = world.wait("late")
    for _ in range(MISSED_POLLS_MAX - 1):
        await world.poll()
    world.put("late", "RUNNING")
    await world.poll()
    del world.jobs["late"]
    for _ in range(MISSED_POLLS_MAX - 1):
        await world.poll()

    assert not waiting.done()


@in_a_world
async def test_failed_call_does_not_count_as_a_missed_poll(world):
    waiting = world.wait("a")
    world.errors["a"] = throttled("DescribeJobs")
    for _ in range(MISSED_POLLS_MAX + 1):
        await world.poll()

    assert not waiting.done()


@in_a_world
async def test_on_change_is_called_once_per_change(world):
    seen = []
    world.put("a", "RUNNABLE")
    waiting = world.wait("a", on_change=lambda job: seen.append((job.status, job.status_reason)))
    await world.poll()
    await world.poll()
    world.put("a", "RUNNABLE", statusReason="MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT")
    await world.poll()
    await world.poll()
    world.put("a", "SUCCEEDED")
    await world.poll()

    assert seen == [
        ("RUNNABLE", None),
        ("RUNNABLE", "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT"),
        ("SUCCEEDED", None),
    ]
    assert (await waiting)["a"].status is JobStatus.SUCCEEDED


@in_a_world
async def test_on_change_ignores_other_fields(world):
    seen = []
    waiting = world.wait("a", on_change=seen.append)
    for started in (1, 2, 3):
        world.put("a", "RUNNING", startedAt=started, container={"logStreamName": f"s/{started}"})
        await world.poll()

    assert [job.started_at for job in seen] == [1]
    assert not waiting.done()


@in_a_world
async def test_on_change_sees_the_progress_of_an_array(world):
    seen = []
    world.wait("a", on_change=lambda job: seen.append(str(job.array)))
    for done in (0, 0, 1, 2, 2):
        world.put("a", "PENDING", arrayProperties={"size": 2, "statusSummary": {"SUCCEEDED": done}})
        await world.poll()

    assert seen == [f"array: {done} of 2 succeeded" for done in range(3)]


@in_a_world
async def test_an_on_change_that_raises_fails_only_its_own_waiter(world):
    def broken(job):
        raise RuntimeError("disk full")

    world.put("a", "SUCCEEDED")
    one, other = world.wait("a", on_change=broken), world.wait("a")

    await world.poll()

    with pytest.raises(RuntimeError, match="disk full"):
        await one
    assert await other == {"a": world.jobs["a"]}


@in_a_world
async def test_one_waiter_that_is_cancelled_leaves_the_others(world):
    world.put("a", "RUNNING")
    world.put("b", "RUNNING")
    one, other = world.wait("a"), world.wait("b")
    await world.poll()

    one.cancel()
    await settle()
    calls = await world.poll()

    assert one.cancelled()
    assert calls == [["b"]]
    world.put("b", "SUCCEEDED")
    await world.poll()
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
    await world.poll()

    assert one.cancelled()
    assert await other == {"a": world.jobs["a"]}


@in_a_world
async def test_the_last_waiter_that_leaves_closes_the_poller(world):
    world.put("a", "RUNNING")
    waiting = world.wait("a")
    await world.poll()
    assert world.poller.is_running

    waiting.cancel()
    await settle()

    assert not world.poller.is_running
    assert await world.poll() == []
    assert asyncio.all_tasks() == {asyncio.current_task()}


@in_a_world
async def test_a_new_waiter_starts_the_poller_again(world):
    world.put("a", "SUCCEEDED")
    await asyncio.gather(world.wait("a"), world.poll())
    assert not world.poller.is_running
    world.put("b", "SUCCEEDED")

    ended, _ = await asyncio.gather(world.wait("b"), world.poll())

    assert ended == {"b": world.jobs["b"]}


@in_a_world
async def test_waiter_that_arrives_as_the_last_one_leaves_is_served(world):
    world.put("a", "RUNNING")
    world.put("b", "SUCCEEDED")
    leaving = world.wait("a")
    await settle()
    leaving.cancel()
    coming = world.wait("b")

    await world.poll()

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
    await world.poll()

    assert contexts == ["no waiter"]


@in_a_world
async def test_each_on_change_runs_in_its_waiters_context(world):
    seen = []
    world.put("a", "RUNNING")
    for who in ("one", "other"):
        context = contextvars.copy_context()
        context.run(WHO.set, who)
        context.run(world.wait, "a", on_change=lambda job: seen.append(WHO.get()))

    await world.poll()

    assert sorted(seen) == ["one", "other"]


@in_a_world
async def test_stop_reason_ends_only_its_own_wait(world):
    world.put("a", "RUNNABLE")
    stopped = world.wait("a", stop_reason=lambda job: ValueError(f"{job.status} for too long"))
    waiting = world.wait("a")

    await world.poll()

    with pytest.raises(ValueError, match="RUNNABLE for too long"):
        await stopped
    assert not waiting.done()
    waiting.cancel()


@in_a_world
async def test_stop_reason_is_not_called_for_ended_jobs(world):
    world.put("a", "FAILED")
    waiting = world.wait("a", stop_reason=lambda job: ValueError("too late"))

    await world.poll()

    assert await waiting == {"a": world.jobs["a"]}


@in_a_world
async def test_descriptions_are_delivered_after_all_calls_of_the_poll(world):
    """The callbacks of a thousand ended jobs would otherwise delay the remaining calls."""
    ids = [f"job-{number}" for number in range(250)]
    calls_at_end: list[int] = []

    async def describe(job_ids):
        await asyncio.sleep(0)  # other tasks run, as during a real call
        return await world.describe(job_ids)

    poller = JobPoller(describe, sleep=world.time.sleep)

    async def follow(job_id: str) -> None:
        await poller.wait([job_id], interval_seconds=10)
        calls_at_end.append(len(world.calls))

    for job_id in ids:
        world.put(job_id, "SUCCEEDED")
    following = [asyncio.ensure_future(follow(job_id)) for job_id in ids]
    await world.poll()
    await asyncio.gather(*following)

    assert calls_at_end == [3] * 250


EXPIRED = aws_error("DescribeJobs", 403, "ExpiredTokenException", "The security token has expired")
DENIED = aws_error("DescribeJobs", 403, "AccessDeniedException", "not authorized")


class Log:
    """A task's log; knows for which waiter it was written."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def info(self, text, *of):
        self.lines.append((WHO.get(), text % of))

    warning = info


@pytest.mark.parametrize("error", [EXPIRED, DENIED])
def test_refused_credentials_do_not_end_a_wait(error):
    @in_a_world
    async def scenario(world):
        world.put("a", "RUNNING")
        waiting = world.wait("a", refused_seconds=3600)
        world.errors["a"] = error
        for _ in range(MISSED_POLLS_MAX + 3):
            await world.poll()
        assert not waiting.done()
        del world.errors["a"]
        world.put("a", "SUCCEEDED")
        await world.poll()

        assert await waiting == {"a": world.jobs["a"]}

    scenario()


@in_a_world
async def test_refusals_slow_the_poller_down_until_the_first_success(world):
    world.put("a", "RUNNING")
    world.wait("a")
    world.errors["a"] = EXPIRED
    for _ in range(5):
        await world.poll()
    del world.errors["a"]
    for _ in range(2):
        await world.poll()

    paces = [min((1, 2, 4, 8), key=lambda pace: abs(pace - pause / 10)) for pause in world.time.slept]

    assert paces == [1, 2, 4, 8, 8, 8, 1, 1]


@in_a_world
async def test_a_wait_that_is_refused_for_too_long_ends_alone(world):
    world.put("a", "RUNNING")
    short, patient = world.wait("a", refused_seconds=100), world.wait("a", refused_seconds=1000)
    world.errors["a"] = EXPIRED
    await world.poll()
    world.seconds += 99
    await world.poll()
    assert not short.done()

    world.seconds += 1
    await world.poll()

    with pytest.raises(AccessRefusedError, match=r"about job a for longer than refused_timeout \(100 s\)"):
        await short
    assert not patient.done()


@in_a_world
async def test_each_waiter_logs_a_refusal_and_its_end_once(world):
    log = Log()
    for who in ("one", "other"):
        world.put(who, "RUNNING")
        WHO.set(who)
        world.wait(who, log=log)
    WHO.set("test")
    world.errors["one"] = EXPIRED
    for _ in range(3):
        await world.poll()
    del world.errors["one"]
    world.seconds += 7
    for _ in range(2):
        await world.poll()

    assert [(who, text.split(",")[0].split(" (")[0]) for who, text in log.lines] == [
        ("one", "Still waiting for job one"),
        ("other", "Still waiting for job other"),
        ("one", "AWS answers again about job one"),
        ("other", "AWS answers again about job other"),
    ]


@in_a_world
async def test_a_thousand_refused_waits_need_ten_calls_per_poll(world):
    for number in range(1000):
        world.wait(f"j{number}")
        world.errors[f"j{number}"] = EXPIRED

    first, second = await world.poll(), await world.poll()

    assert (len(first), len(second)) == (10, 10)
