"""``BatchJobStartTrigger``: a task's beginning in the triggerer."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from importlib import import_module
from types import SimpleNamespace

import pytest
from airflow.triggers.base import TaskSuccessEvent

from airflow_batch_provider.handover import PublishedJob
from airflow_batch_provider.triggers.starting import BatchJobStartTrigger
from tests.triggers.test_batch import CONNECTION, Jobs

JOB_ID = "0e5b9ba8-6b6f-4f5e-8d2d-5c3f0a8e4a11"


class StartingJobs(Jobs):
    """What the triggers share, and what is published through it."""

    def __init__(self, monkeypatch) -> None:
        super().__init__(monkeypatch)
        self.started: list[tuple[str, PublishedJob, bool]] = []
        self.can_publish = True

    async def publish_start(self, ti, job_id, published, *, is_result):
        self.started.append((job_id, published, is_result))
        self.followed = job_id
        return self.can_publish


@pytest.fixture
def jobs(monkeypatch):
    return StartingJobs(monkeypatch)


def starting(*, try_number: int = 1, adopt: str = JOB_ID, **arguments) -> BatchJobStartTrigger:
    """Make a trigger whose template is rendered."""
    made = BatchJobStartTrigger(
        adopt=adopt,
        published_by={"task_id": "submit", "key": "align"},
        publishes_result=True,
        connection=CONNECTION,
        poll_interval_seconds=10,
        kill_reason="killed",
        ends_task=True,
        **arguments,
    )
    made.task_instance = SimpleNamespace(
        dag_id="d", run_id="r", task_id="align", map_index=-1, try_number=try_number
    )
    return made


async def event_of(trigger: BatchJobStartTrigger, jobs: Jobs, rounds: int = 1):
    task = asyncio.ensure_future(anext(trigger.run()))
    for _ in range(rounds):
        await jobs.time.pass_to_next()
    return await task


def test_serialization_keeps_everything():
    one = starting(runnable_seconds=60, allows_misconfiguration=True, log_lines=5, failed_children_logs=2)

    path, arguments = json.loads(json.dumps(one.serialize()))
    module, _, name = path.rpartition(".")

    assert getattr(import_module(module), name)(**arguments).serialize() == one.serialize()


def test_a_first_try_publishes_its_job_and_ends_with_it(jobs):
    jobs.put(JOB_ID, "SUCCEEDED")

    event = asyncio.run(event_of(starting(), jobs))

    assert isinstance(event, TaskSuccessEvent)
    assert jobs.started == [(JOB_ID, PublishedJob("submit", "align"), True)]


def test_a_failed_job_goes_to_a_worker_with_the_try_that_it_belongs_to(jobs):
    jobs.put(JOB_ID, "FAILED")

    event = asyncio.run(event_of(starting(), jobs))

    assert event.payload["token"] == {"try_number": 1}
    assert [job["job_id"] for job in event.payload["jobs"]] == [JOB_ID]


def test_a_job_that_had_failed_before_goes_to_a_worker_that_decides_what_to_do(jobs):
    jobs.put(JOB_ID, "FAILED", stoppedAt=1)

    event = asyncio.run(event_of(starting(), jobs))

    assert event.payload == {"to_execute": True}


@pytest.mark.parametrize(
    "arguments",
    [{"try_number": 2}, {"adopt": "None"}, {"adopt": "{'refusal': 'no such queue'}"}],
    ids=["a later try", "nothing published", "a refused job"],
)
def test_what_cannot_begin_here_begins_in_a_worker(jobs, arguments):
    event = asyncio.run(event_of(starting(**arguments), jobs, rounds=0))

    assert event.payload == {"to_execute": True}
    assert jobs.started == []


def test_a_task_that_cannot_publish_begins_in_a_worker(jobs):
    jobs.can_publish = False

    event = asyncio.run(event_of(starting(), jobs, rounds=0))

    assert event.payload == {"to_execute": True}


def test_the_wait_is_given_up_before_airflow_times_it_out(jobs):
    jobs.put(JOB_ID, "RUNNING")
    trigger = starting()
    trigger.timeout_after = datetime.now(UTC) + timedelta(seconds=600)

    async def scenario():
        task = asyncio.ensure_future(anext(trigger.run()))
        await jobs.paused.pass_to_next()
        return await task

    event = asyncio.run(scenario())

    assert event.payload["given_up"]
    assert event.payload["job_ids"] == [JOB_ID]
    assert 580 < jobs.paused.slept[0] < 591
