"""``BatchJobTrigger``: waiting in the triggerer."""

import asyncio
import gc
import json
import time
import weakref
from importlib import import_module
from types import SimpleNamespace

import pytest
from airflow.triggers.base import TaskSuccessEvent, TriggerEvent

from airflow_batch_provider.batch.job import JobDescription
from airflow_batch_provider.batch.poller import JobPoller
from airflow_batch_provider.defaults import MISSED_POLLS_MAX
from airflow_batch_provider.following.terminations import RESTARTED, kill_reason
from airflow_batch_provider.following.wait_terms import WaitTerms
from airflow_batch_provider.handover import TryToken, WaitEvent
from airflow_batch_provider.hooks.connection import AwsConnection
from airflow_batch_provider.hooks.metrics import JobMetrics
from airflow_batch_provider.task_end import TaskEnd
from airflow_batch_provider.triggers import batch, shared
from airflow_batch_provider.triggers.batch import BatchJobTrigger
from airflow_batch_provider.triggers.killing import READS_MAX, JobKiller
from airflow_batch_provider.triggers.settling import SETTLING_SECONDS
from airflow_batch_provider.triggers.shared import SharedServices, shared_services
from tests.airflow_fakes import FakeStats
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
    """Jobs that AWS Batch knows, a clock and Airflow's states, behind what the triggers share."""

    def __init__(self, monkeypatch) -> None:
        self.time = FakeTime()
        self.known: dict[str, JobDescription] = {}
        self.calls: list[list[str]] = []
        self.error: Exception | None = None
        self.states: dict[str, str] = {}
        self.terminated: list[tuple[list[str], str]] = []
        self.published: list[TaskEnd] = []
        self.followed: str | None = None
        """The job that the trigger's task follows."""
        self.paused = FakeTime()
        self.stats = FakeStats()
        monkeypatch.setattr(shared, "_services_for", lambda connection: self._services())

    def _services(self) -> SharedServices:
        return SharedServices(
            JobPoller(self._describe, sleep=self.time.sleep),
            JobKiller(self._task_states, self._terminate, sleep=self.time.sleep),
            self,
            JobMetrics(lambda: self.stats),
            pause=self.paused.sleep,
        )

    async def follows(self, ti, job_id):
        return job_id == self.followed

    async def read_end(self, ti, job, shown):
        return TaskEnd((f"printed by {job.job_id}, last {shown.log_lines}",), {})

    async def read_terminated(self, ti, job_id, shown):
        return TaskEnd((f"last words of {job_id}",), {})

    async def publish(self, ti, end):
        self.published.append(end)

    def put(self, job_id: str, status: str, **members) -> None:
        self.known[job_id] = JobDescription.from_aws(job_detail(job_id, status, **members))

    async def _describe(self, job_ids):
        self.calls.append(list(job_ids))
        if self.error:
            raise self.error
        return {job_id: self.known[job_id] for job_id in job_ids if job_id in self.known}

    async def _task_states(self, dag_id, run_id, task_ids):
        return self.states

    async def _terminate(self, job_ids, reason):
        self.terminated.append((list(job_ids), reason))


@pytest.fixture
def jobs(monkeypatch):
    return Jobs(monkeypatch)


def trigger(*job_ids: str, **arguments) -> BatchJobTrigger:
    """Return the trigger of a task that was deferred an hour ago."""
    arguments = {"terms": terms(), **arguments}
    return BatchJobTrigger(job_ids=job_ids, connection=CONNECTION, poll_interval_seconds=10, **arguments)


def terms(**members) -> dict:
    return WaitTerms(**{"since": time.time() - 3600, **members}).to_json()


def logged_by(waiting: BatchJobTrigger) -> list[str]:
    """Get what a trigger will have written into its task's log."""
    lines: list[str] = []
    waiting._log = type("Log", (), {"info": lambda self, text, *of, **_: lines.append(text % of)})()
    return lines


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


def test_serialization_keeps_what_is_left_out_by_default():
    terms = WaitTerms(since=7.5, deadline=8.5, runnable_seconds=9.5, allows_misconfiguration=True)
    one = trigger(
        "a",
        token={"try_number": 2, "epoch": 3},
        kill_reason="killed",
        terms=terms.to_json(),
        ends_task=True,
    )

    other = recreated(one)

    assert (other.terms, other.ends_task) == (terms, True)

    assert other.token == TryToken(2, 3)
    assert other.kill_reason == "killed"
    assert other.serialize() == one.serialize()


def test_serialization_is_json_alone():
    path, arguments = trigger("a").serialize()

    assert path == "airflow_batch_provider.triggers.batch.BatchJobTrigger"
    assert json.loads(json.dumps(arguments)) == arguments


def test_the_event_holds_the_jobs_in_the_order_asked_for_whatever_their_end(jobs):
    jobs.put("a", "FAILED", statusReason="Dependent Job failed")
    jobs.put("b", "SUCCEEDED")

    event = asyncio.run(event_of(trigger("b", "a", "b"), jobs))

    assert WaitEvent.from_json(event).ended_jobs() == (jobs.known["b"], jobs.known["a"], jobs.known["b"])


def test_the_event_of_a_lost_job_is_an_error_that_says_so(jobs):
    event = asyncio.run(event_of(trigger("gone"), jobs, rounds=MISSED_POLLS_MAX))

    assert event["error"].startswith("job gone not found")
    assert event["retryable"] is True


def test_the_event_of_an_unknown_error_names_the_jobs(jobs):
    jobs.error = ValueError("broken")

    event = asyncio.run(event_of(trigger("a", "b"), jobs))

    assert event == {
        "error": "could not wait for job(s) a, b: ValueError: broken. The jobs may still be running",
        "retryable": True,
    }


@pytest.mark.parametrize("error", [None, ValueError("broken")])
def test_the_event_brings_the_token_back(jobs, error):
    jobs.put("a", "SUCCEEDED")
    jobs.error = error

    event = asyncio.run(event_of(trigger("a", token={"try_number": 2, "epoch": 3}), jobs))

    assert event["token"] == {"try_number": 2, "epoch": 3}


def test_the_event_of_a_trigger_without_a_token_has_none(jobs):
    jobs.put("a", "SUCCEEDED")

    assert "token" not in asyncio.run(event_of(trigger("a"), jobs))


async def with_pause(waiting: BatchJobTrigger, jobs: Jobs) -> tuple[bool, dict]:
    """Run a trigger; whether its event came only after the pause, and the event."""
    task = asyncio.ensure_future(anext(waiting.run()))
    await jobs.time.pass_to_next()
    was_waiting = not task.done()
    await jobs.paused.pass_to_next()
    return was_waiting, (await task).payload


def test_a_task_that_has_just_been_deferred_is_left_in_peace_for_a_while(jobs):
    jobs.put("a", "SUCCEEDED")

    was_waiting, event = asyncio.run(with_pause(trigger("a", terms=terms(since=time.time())), jobs))

    assert was_waiting
    assert jobs.paused.slept == [pytest.approx(SETTLING_SECONDS, abs=1)]
    assert WaitEvent.from_json(event).ended_jobs() == (jobs.known["a"],)


@pytest.mark.parametrize("ends", ["in error", "with a refusal to wait on"])
def test_an_error_within_the_first_second_leaves_the_first_half_in_peace_too(jobs, ends):
    if ends == "in error":
        jobs.error = ValueError("AccessDenied")
    else:
        jobs.put("a", "RUNNABLE", statusReason="MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - too high")

    was_waiting, event = asyncio.run(with_pause(trigger("a", terms=terms(since=time.time())), jobs))

    assert was_waiting
    assert jobs.paused.slept == [pytest.approx(SETTLING_SECONDS, abs=1)]
    assert "error" in event


def test_a_trigger_that_does_not_know_when_its_task_was_deferred_pauses_after_its_own_start(jobs):
    jobs.put("a", "SUCCEEDED")

    was_waiting, _ = asyncio.run(with_pause(trigger("a", terms=None), jobs))

    assert was_waiting
    assert jobs.paused.slept == [pytest.approx(SETTLING_SECONDS, abs=1)]


def test_a_task_that_was_deferred_long_ago_gets_its_event_at_once(jobs):
    jobs.put("a", "SUCCEEDED")

    was_waiting, _ = asyncio.run(with_pause(trigger("a", terms=terms()), jobs))

    assert not was_waiting


def test_a_clock_that_is_behind_the_workers_makes_the_pause_no_longer(jobs):
    jobs.put("a", "SUCCEEDED")

    asyncio.run(with_pause(trigger("a", terms=terms(since=time.time() + 3600)), jobs))

    assert jobs.paused.slept == [SETTLING_SECONDS]


def test_a_job_that_a_newer_try_has_terminated_is_reported_late(jobs):
    jobs.put("a", "FAILED", statusReason=f"Task 'a' {RESTARTED}")

    was_waiting, _ = asyncio.run(with_pause(trigger("a", terms=terms()), jobs))

    assert was_waiting


def test_a_job_that_is_misconfigured_is_given_up_for_good(jobs):
    jobs.put("a", "RUNNABLE", statusReason="MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - too high")

    event = asyncio.run(event_of(trigger("a", terms=terms()), jobs))

    assert event == {
        "error": (
            "job a cannot start: MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - too high. Change the resources "
            "that the job requests, or the compute environments of its job queue. To keep waiting, set "
            "fail_when_misconfigured to false"
        ),
        "retryable": False,
        "given_up": True,
        "job_ids": ["a"],
    }


def test_a_wait_ends_at_its_deadline_though_describe_jobs_does_not_answer(jobs):
    async def scenario():
        task = asyncio.ensure_future(anext(trigger("a", terms=terms(deadline=1136095200)).run()))
        await jobs.paused.pass_to_next()
        payload = (await task).payload
        await settle()
        return payload, shared_services(AwsConnection(**CONNECTION)).poller.is_running

    event, is_running = asyncio.run(scenario())

    assert event["error"] == (
        "the task's execution_timeout expired at 2006-01-01T06:00:00+00:00. "
        "Increase execution_timeout, or make the job faster"
    )
    assert (event["retryable"], event["given_up"]) == (True, True)
    assert not is_running


def test_a_wait_that_ends_before_its_deadline_reports_the_end(jobs):
    jobs.put("a", "SUCCEEDED")

    event = asyncio.run(event_of(trigger("a", terms=terms(deadline=time.time() + 3600)), jobs))

    assert WaitEvent.from_json(event).ended_jobs() == (jobs.known["a"],)


async def end_of(waiting: BatchJobTrigger, jobs: Jobs) -> TriggerEvent:
    waiting.task_instance = SimpleNamespace(dag_id="d", run_id="r", task_id="align", map_index=-1)
    task = asyncio.ensure_future(anext(waiting.run()))
    await jobs.time.pass_to_next()
    return await task


def test_a_task_ends_in_the_triggerer_when_its_job_has_succeeded(jobs):
    jobs.put("a", "SUCCEEDED")
    jobs.followed = "a"
    waiting = trigger("a", ends_task=True, log_lines=7)
    lines = []
    waiting._log = type("Log", (), {"info": lambda self, text, *of, **_: lines.append(text % of)})()

    event = asyncio.run(end_of(waiting, jobs))

    assert isinstance(event, TaskSuccessEvent)
    assert event.xcoms is None
    assert lines[-2:] == ["printed by a, last 7", "Job a 'name-of-a' ended with status SUCCEEDED"]


@pytest.mark.parametrize(
    ("status", "followed", "ends_task"),
    [("FAILED", "a", True), ("SUCCEEDED", "another", True), ("SUCCEEDED", "a", False)],
    ids=["a failed job", "a task that follows another job", "not wanted"],
)
def test_what_needs_a_worker_goes_back_to_one(jobs, status, followed, ends_task):
    jobs.put("a", status)
    jobs.followed = followed

    event = asyncio.run(end_of(trigger("a", ends_task=ends_task), jobs))

    assert not isinstance(event, TaskSuccessEvent)
    assert WaitEvent.from_json(event.payload).ended_jobs() == (jobs.known["a"],)


def test_a_task_whose_end_cannot_be_shown_goes_back_to_a_worker(jobs):
    async def broken(ti, job, shown):
        raise OSError("no connection")

    jobs.put("a", "SUCCEEDED")
    jobs.followed = "a"
    jobs.read_end = broken

    event = asyncio.run(end_of(trigger("a", ends_task=True), jobs))

    assert not isinstance(event, TaskSuccessEvent)
    assert WaitEvent.from_json(event.payload).ended_jobs() == (jobs.known["a"],)


async def kill(one: BatchJobTrigger) -> None:
    """Do what Airflow does with the trigger of a killed task."""
    try:
        await one.on_kill()
    finally:
        await one.cleanup()


def killed(jobs: Jobs, *, map_index: int = -1, has_task: bool = True, **arguments) -> None:
    """Do what the triggerer does with the trigger of a task that is no longer deferred."""

    async def scenario():
        one = trigger("a", "b", **arguments)
        if has_task:
            one.task_instance = SimpleNamespace(dag_id="d", run_id="r", task_id="align", map_index=map_index)
        killing = asyncio.ensure_future(kill(one))
        await jobs.time.pass_to_next()
        await killing

    asyncio.run(scenario())


KILL_REASON = kill_reason("align")


@pytest.mark.parametrize(
    ("states", "reason"),
    [
        ({"align": "failed"}, "Task 'align' no longer follows this job: its state is failed"),
        ({"align": "success"}, "Task 'align' no longer follows this job: its state is success"),
        ({"align": "skipped"}, "Task 'align' no longer follows this job: its state is skipped"),
        ({"align": None}, "Task 'align' no longer follows this job: it was cleared"),
        ({}, "Task 'align' no longer follows this job: it was deleted"),
    ],
)
def test_the_jobs_of_a_killed_task_are_terminated_with_what_is_known(jobs, states, reason):
    jobs.states = states

    killed(jobs, kill_reason=KILL_REASON)

    assert jobs.terminated == [(["a", "b"], reason)]


def test_the_reason_in_a_row_of_an_earlier_version_is_kept(jobs):
    jobs.states = {"align": "failed"}

    killed(jobs, kill_reason="Task 'align' was killed in Airflow")

    assert jobs.terminated == [(["a", "b"], "Task 'align' was killed in Airflow: its state is failed")]


@pytest.mark.parametrize(
    ("state", "rounds", "line"),
    [
        ("deferred", 1, "it is deferred, so that another trigger follows the job or its new try has "),
        ("up_for_retry", 1, "it is up_for_retry, and its next try follows the job or terminates it"),
        ("queued", 2 * READS_MAX, "it is queued, and its worker follows the job or terminates it"),
    ],
)
def test_the_log_of_a_task_that_keeps_its_job_says_who_is_responsible(jobs, state, rounds, line):
    jobs.states = {"align": state}
    one = to_kill("a")
    lines = logged_by(one)

    async def scenario():
        killing = asyncio.ensure_future(kill(one))
        for _ in range(rounds):
            await jobs.time.pass_to_next()
        await killing

    asyncio.run(scenario())

    assert lines[1].startswith(f"The jobs of this task were not terminated: {line}")
    assert jobs.terminated == []


def to_kill(*job_ids: str) -> BatchJobTrigger:
    one = trigger(*job_ids, kill_reason="stop")
    one.task_instance = SimpleNamespace(dag_id="d", run_id="r", task_id="align", map_index=-1)
    return one


def test_what_the_jobs_of_a_killed_task_have_printed_is_logged_although_airflow_cancels_again(jobs):
    one = to_kill("a", "b")
    lines = logged_by(one)
    jobs.states = {"align": "failed"}

    async def scenario():
        killing = asyncio.ensure_future(kill(one))
        for _ in range(3):
            await settle()
            killing.cancel()
        await jobs.time.pass_to_next()
        await killing

    asyncio.run(scenario())

    assert lines[1:] == [
        "Asked AWS Batch to terminate job a: stop: its state is failed",
        "last words of a",
        "Asked AWS Batch to terminate job b: stop: its state is failed",
        "last words of b",
    ]


def test_jobs_are_terminated_also_when_the_time_to_show_their_logs_is_over(jobs, monkeypatch):
    monkeypatch.setattr(batch, "KILL_SECONDS", 0.0)
    one = to_kill("a")

    async def scenario():
        await kill(one)
        before = list(jobs.terminated)
        await jobs.time.pass_to_next()
        await settle()
        return before

    assert asyncio.run(scenario()) == []
    assert jobs.terminated == [(["a"], "stop: it was deleted")]


def test_the_jobs_of_a_task_that_is_still_deferred_go_on(jobs):
    jobs.states = {"align": "deferred"}

    killed(jobs, kill_reason="stop")

    assert jobs.terminated == []


def test_a_trigger_without_a_kill_reason_terminates_nothing(jobs):
    killed(jobs)

    assert jobs.terminated == []


def test_a_trigger_that_belongs_to_no_task_terminates_nothing(jobs):
    killed(jobs, has_task=False, kill_reason="stop")

    assert jobs.terminated == []


@pytest.mark.parametrize(
    ("states", "is_terminated"),
    [
        ({"align_3": "failed", "align_4": "deferred"}, True),
        ({"align_3": "deferred", "align_4": "failed"}, False),
    ],
)
def test_a_mapped_task_is_judged_by_the_state_of_its_own_index(jobs, states, is_terminated):
    jobs.states = states

    killed(jobs, map_index=3, kill_reason="stop")

    assert bool(jobs.terminated) is is_terminated


def test_changes_of_the_job_are_logged(jobs):
    jobs.put("a", "SUCCEEDED")
    waiting = trigger("a")
    lines = logged_by(waiting)

    asyncio.run(event_of(waiting, jobs))

    assert lines == ["Job a 'name-of-a' is SUCCEEDED"]


@pytest.mark.parametrize(("kill_reason", "counted"), [("stop", 1), (None, 0)], ids=["its own", "others'"])
def test_the_end_of_a_job_is_counted_where_the_job_is_the_tasks_own(jobs, kill_reason, counted):
    jobs.put("a", "SUCCEEDED")

    asyncio.run(event_of(trigger("a", kill_reason=kill_reason), jobs))

    assert len(jobs.stats.named("batch_provider.jobs_ended")) == counted


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


def test_services_are_shared_by_equal_connections_only():
    async def scenario():
        one = shared_services(AwsConnection("a", "eu-west-1", None, {"x": 1, "y": 2}))
        same = shared_services(AwsConnection("a", "eu-west-1", None, {"y": 2, "x": 1}))
        others = [
            shared_services(AwsConnection("b", "eu-west-1")),
            shared_services(AwsConnection("a", "eu-west-2")),
            shared_services(AwsConnection("a", "eu-west-1", False)),
            shared_services(AwsConnection("a", "eu-west-1", None, {"x": 2})),
        ]
        return one, same, others

    one, same, others = asyncio.run(scenario())

    assert one is same
    assert len({id(services) for services in [one, *others]}) == 5


def test_services_are_not_shared_across_event_loops():
    async def scenario():
        return shared_services(AwsConnection())

    assert asyncio.run(scenario()) is not asyncio.run(scenario())


def test_the_services_of_a_loop_go_with_it():
    async def scenario():
        await shared_services(AwsConnection()).poller.wait([], interval_seconds=1)
        return asyncio.get_running_loop()

    loop = weakref.ref(asyncio.run(scenario()))
    gc.collect()

    assert loop() is None


def test_the_real_poller_describes_over_the_connections_hook_in_a_thread(monkeypatch):
    from airflow_batch_provider.hooks.batch import BatchHook

    made = []

    class Hook:
        @classmethod
        def of(cls, connection, metrics):
            made.append(connection)
            return cls()

        def renew(self):
            return self

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
