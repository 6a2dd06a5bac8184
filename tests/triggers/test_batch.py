"""``BatchJobTrigger``: waiting in the triggerer."""

import asyncio
import gc
import json
import weakref
from importlib import import_module

import pytest
from airflow.triggers.base import TriggerEvent

from airflow_batch_provider.batch.job import JobDescription
from airflow_batch_provider.batch.poller import ROUNDS_UNTIL_LOST, JobPoller
from airflow_batch_provider.hooks.connection import AwsConnection
from airflow_batch_provider.hooks.waiting import ended_jobs
from airflow_batch_provider.triggers import batch
from airflow_batch_provider.triggers.batch import BatchJobTrigger, shared_poller
from tests.fakes import FakeTime, job_detail, settle

CONNECTION = {
    "aws_conn_id": "other",
    "region_name": "eu-north-1",
    "verify": False,
    "botocore_config": {"read_timeout": 10},
}


def recreated(trigger: BatchJobTrigger) -> BatchJobTrigger:
    """Do what the triggerer does with a trigger that comes from the database."""
    path, arguments = json.loads(json.dumps(trigger.serialize()))
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)(**arguments)


class Jobs:
    """Jobs that AWS Batch knows, and a clock, behind the poller that the triggers share."""

    def __init__(self, monkeypatch) -> None:
        self.time = FakeTime()
        self.known: dict[str, JobDescription] = {}
        self.calls: list[list[str]] = []
        self.error: Exception | None = None
        monkeypatch.setattr(batch, "_poller_for", lambda connection: self._poller())

    def _poller(self) -> JobPoller:
        return JobPoller(self._describe, sleep=self.time.sleep)

    def put(self, job_id: str, status: str, **members) -> None:
        self.known[job_id] = JobDescription.from_aws(job_detail(job_id, status, **members))

    async def _describe(self, job_ids):
        self.calls.append(list(job_ids))
        if self.error:
            raise self.error
        return {job_id: self.known[job_id] for job_id in job_ids if job_id in self.known}


@pytest.fixture
def jobs(monkeypatch):
    return Jobs(monkeypatch)


def trigger(*job_ids: str, **connection) -> BatchJobTrigger:
    return BatchJobTrigger(job_ids=job_ids, connection=connection or CONNECTION, poll_interval_seconds=10)


async def event_of(waiting: BatchJobTrigger, jobs: Jobs, rounds: int = 1) -> dict:
    """Run a trigger for some rounds of the poller; its event, as it comes back from the database."""
    task = asyncio.ensure_future(anext(waiting.run()))
    for _ in range(rounds):
        await jobs.time.pass_to_next()
    event = await task
    assert isinstance(event, TriggerEvent)
    return json.loads(json.dumps(event.payload))


def test_serialization_keeps_everything():
    one = trigger("a", "b:7")

    other = recreated(one)

    assert other.job_ids == ["a", "b:7"]
    assert other.connection == AwsConnection("other", "eu-north-1", False, {"read_timeout": 10})
    assert other.poll_interval_seconds == 10
    assert other.serialize() == one.serialize()


def test_serialization_is_json_alone():
    path, arguments = trigger("a").serialize()

    assert path == "airflow_batch_provider.triggers.batch.BatchJobTrigger"
    assert json.loads(json.dumps(arguments)) == arguments


def test_the_event_holds_the_jobs_in_the_order_asked_for_whatever_their_end(jobs):
    jobs.put("a", "FAILED", statusReason="Dependent Job failed")
    jobs.put("b", "SUCCEEDED")

    event = asyncio.run(event_of(trigger("b", "a", "b"), jobs))

    assert ended_jobs(event) == [jobs.known["b"], jobs.known["a"], jobs.known["b"]]


def test_the_event_of_a_lost_job_is_an_error_that_says_so(jobs):
    event = asyncio.run(event_of(trigger("gone"), jobs, rounds=ROUNDS_UNTIL_LOST))

    assert event["error"].startswith("AWS Batch no longer knows job gone")
    assert event["retryable"] is True


def test_the_event_of_an_unknown_error_names_the_jobs(jobs):
    jobs.error = ValueError("broken")

    event = asyncio.run(event_of(trigger("a", "b"), jobs))

    assert event == {"error": "waiting for a, b failed: ValueError('broken')", "retryable": True}


def test_changes_of_the_job_are_logged(jobs, caplog):
    jobs.put("a", "SUCCEEDED")
    waiting = trigger("a")
    lines = []
    waiting._log = type("Log", (), {"info": lambda self, text, *of: lines.append(text % of)})()

    asyncio.run(event_of(waiting, jobs))

    assert lines == ["Job a 'name-of-a' is SUCCEEDED"]


def test_a_thousand_triggers_of_a_connection_make_ten_calls(jobs):
    async def scenario():
        for number in range(1000):
            jobs.put(f"j{number}", "SUCCEEDED")
        tasks = [asyncio.ensure_future(anext(trigger(job_id).run())) for job_id in jobs.known]
        await jobs.time.pass_to_next()
        return await asyncio.gather(*tasks)

    events = asyncio.run(scenario())

    assert len(events) == 1000
    assert len(jobs.calls) == 10


def test_a_trigger_that_is_cancelled_leaves_the_others(jobs):
    async def scenario():
        jobs.put("a", "SUCCEEDED")
        jobs.put("b", "SUCCEEDED")
        one, other = (asyncio.ensure_future(anext(trigger(job_id).run())) for job_id in "ab")
        await settle()
        one.cancel()
        await jobs.time.pass_to_next()
        return one.cancelled(), (await other).payload

    cancelled, payload = asyncio.run(scenario())

    assert cancelled
    assert [job["job_id"] for job in payload["jobs"]] == ["b"]


def test_a_poller_is_shared_by_equal_connections_only():
    async def scenario():
        one = shared_poller(AwsConnection("a", "eu-west-1", None, {"x": 1, "y": 2}))
        same = shared_poller(AwsConnection("a", "eu-west-1", None, {"y": 2, "x": 1}))
        others = [
            shared_poller(AwsConnection("b", "eu-west-1")),
            shared_poller(AwsConnection("a", "eu-west-2")),
            shared_poller(AwsConnection("a", "eu-west-1", False)),
            shared_poller(AwsConnection("a", "eu-west-1", None, {"x": 2})),
        ]
        return one, same, others

    one, same, others = asyncio.run(scenario())

    assert one is same
    assert len({id(poller) for poller in [one, *others]}) == 5


def test_a_poller_is_not_shared_across_event_loops():
    async def scenario():
        return shared_poller(AwsConnection())

    assert asyncio.run(scenario()) is not asyncio.run(scenario())


def test_the_pollers_of_a_loop_go_with_it():
    async def scenario():
        await shared_poller(AwsConnection()).wait([], interval_seconds=1)
        return asyncio.get_running_loop()

    loop = weakref.ref(asyncio.run(scenario()))
    gc.collect()

    assert loop() is None


def test_the_real_poller_describes_over_the_connections_hook_in_a_thread(monkeypatch):
    from airflow_batch_provider.hooks.batch import BatchHook

    made = []

    class Hook:
        @classmethod
        def of(cls, connection):
            made.append(connection)
            return cls()

        @property
        def batch(self):
            return self

        def describe(self, job_ids):
            with pytest.raises(RuntimeError, match="no running event loop"):
                asyncio.get_running_loop()
            return {job_id: JobDescription.from_aws(job_detail(job_id, "SUCCEEDED")) for job_id in job_ids}

    monkeypatch.setattr(f"{BatchHook.__module__}.BatchHook", Hook)

    async def scenario():
        one = BatchJobTrigger(job_ids=["a"], connection=CONNECTION, poll_interval_seconds=0)
        other = BatchJobTrigger(job_ids=["b"], connection=CONNECTION, poll_interval_seconds=0)
        return [(await anext(waiting.run())).payload for waiting in (one, other)]

    payloads = asyncio.run(scenario())

    assert [payload["jobs"][0]["job_id"] for payload in payloads] == ["a", "b"]
    assert made == [AwsConnection(**CONNECTION)]
