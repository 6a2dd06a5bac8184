"""``JobKiller``: terminating the jobs of killed tasks."""

import asyncio
import contextvars
import logging

import pytest

from airflow_batch_provider.triggers.killing import READS_MAX, JobKiller, KilledTask, KillResult
from tests.fakes import FakeTime, settle


class Killing:
    """A killer over AWS Batch and Airflow, where tasks have failed unless a test says otherwise."""

    def __init__(self) -> None:
        self.time = FakeTime()
        self.states: dict[str, dict[str, str | None]] = {}
        self.asked: list[tuple[str, str, list[str]]] = []
        self.unknown_runs: set[str] = set()
        self.terminated: list[tuple[list[str], str]] = []
        self.errors: list[Exception] = []
        self.gate: asyncio.Event | None = None
        self.killer = JobKiller(self._task_states, self._terminate, sleep=self.time.sleep)

    async def _task_states(self, dag_id, run_id, task_ids):
        self.asked.append((dag_id, run_id, list(task_ids)))
        if run_id in self.unknown_runs:
            raise RuntimeError("the API server is gone")
        return {**dict.fromkeys(task_ids, "failed"), **self.states.get(run_id, {})}

    async def _terminate(self, job_ids, reason):
        if self.gate:
            await self.gate.wait()
        if self.errors:
            raise self.errors.pop(0)
        self.terminated.append((list(job_ids), reason))

    def kill(self, *tasks: KilledTask) -> list[asyncio.Task[KillResult]]:
        return [asyncio.ensure_future(self.killer.kill(task)) for task in tasks]


@pytest.fixture
def at():
    return Killing()


STOPPED = "stop: its state is failed"


def task(task_id="align", *job_ids, run_id="r", reason="stop", map_index=-1):
    return KilledTask("d", run_id, task_id, job_ids or (f"job-of-{task_id}",), reason, map_index)


ROUNDS = 2 * READS_MAX
"""More rounds of the clock than any task needs until its state has settled or the time is over."""


def kill(at, *tasks):
    """Kill tasks at the same moment, and wait until all has been done; whose jobs were terminated."""

    async def scenario():
        killing = at.kill(*tasks)
        for _ in range(ROUNDS):
            await at.time.pass_to_next()
        return [result.reason is not None for result in await asyncio.gather(*killing)]

    return asyncio.run(scenario())


def test_tasks_that_are_killed_together_cost_one_state_query_and_one_termination(at):
    kill(at, *(task(f"t{number}") for number in range(100)))

    assert len(at.asked) == 1
    assert at.terminated == [([f"job-of-t{number}" for number in range(100)], STOPPED)]


def test_states_are_asked_for_once_a_run(at):
    kill(at, task("a", run_id="r1"), task("b", run_id="r2"), task("c", run_id="r1"))

    assert at.asked == [("d", "r1", ["a", "c"]), ("d", "r2", ["b"])]


def test_jobs_are_terminated_together_by_reason(at):
    kill(at, task("a", "1", "2", reason="x"), task("b", "3", reason="y"), task("c", "4", reason="x"))

    assert at.terminated == [(["1", "2", "4"], "x: its state is failed"), (["3"], "y: its state is failed")]


def test_the_jobs_of_tasks_that_are_still_deferred_go_on(at):
    at.states["r"] = {"a": "deferred", "b": "failed"}

    verdicts = kill(at, task("a"), task("b"))

    assert verdicts == [False, True]
    assert at.terminated == [(["job-of-b"], STOPPED)]


def test_a_mapped_task_is_asked_for_by_its_id_and_judged_by_its_index(at):
    at.states["r"] = {"align_0": "deferred", "align_1": "failed"}

    kill(at, task("align", "j0", map_index=0), task("align", "j1", map_index=1))

    assert at.asked == [("d", "r", ["align"])]
    assert at.terminated == [(["j1"], STOPPED)]


def test_where_states_are_not_known_nothing_is_terminated(at, caplog):
    at.unknown_runs = {"r1"}

    with caplog.at_level(logging.ERROR):
        kill(at, task("a", run_id="r1"), task("b", run_id="r2"))

    assert len([run_id for _, run_id, _ in at.asked if run_id == "r1"]) == READS_MAX

    assert at.terminated == [(["job-of-b"], STOPPED)]
    assert "Could not read the states of these tasks of DAG 'd', run 'r1': a" in caplog.text


def test_a_termination_that_fails_is_logged_repeated_and_does_not_save_other_jobs(at, caplog):
    at.errors = [RuntimeError("no")]

    with caplog.at_level(logging.ERROR):
        verdicts = kill(at, task("a", reason="x"), task("b", reason="y"))

    assert verdicts == [True, True]
    assert at.terminated == [
        (["job-of-b"], "y: its state is failed"),
        (["job-of-a"], "x: its state is failed"),
    ]
    assert "some may still be running: job-of-a" in caplog.text


def test_a_caller_that_is_cancelled_does_not_stop_the_termination(at):
    async def scenario():
        at.gate = asyncio.Event()
        (killing,) = at.kill(task("a"))
        await at.time.pass_to_next()
        killing.cancel()
        await settle()
        was_cancelled = killing.cancelled()
        at.gate.set()
        await settle()
        return was_cancelled

    assert asyncio.run(scenario())
    assert at.terminated == [(["job-of-a"], STOPPED)]


def test_a_task_that_is_killed_while_others_are_terminated_has_its_turn(at):
    async def scenario():
        at.gate = asyncio.Event()
        first = at.kill(task("a"))
        await at.time.pass_to_next()
        second = at.kill(task("b"))
        at.gate.set()
        await at.time.pass_to_next()
        await asyncio.gather(*first, *second)

    asyncio.run(scenario())

    assert at.terminated == [(["job-of-a"], STOPPED), (["job-of-b"], STOPPED)]


def test_a_later_kill_starts_anew(at):
    kill(at, task("a"))
    kill(at, task("b"))

    assert at.terminated == [(["job-of-a"], STOPPED), (["job-of-b"], STOPPED)]


def test_the_work_does_not_run_in_the_context_of_the_trigger_that_came_first(at):
    variable = contextvars.ContextVar("variable", default="none")
    seen = []

    async def terminate(job_ids, reason):
        seen.append(variable.get())

    at.killer._terminate = terminate

    async def scenario():
        variable.set("of one trigger")
        killing = at.kill(task("a"))
        await at.time.pass_to_next()
        await asyncio.gather(*killing)

    asyncio.run(scenario())

    assert seen == ["none"]
