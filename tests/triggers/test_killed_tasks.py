"""What becomes of the job of a task whose trigger Airflow has dropped."""

import asyncio

import pytest
from airflow.sdk import TaskInstanceState

from airflow_batch_provider.triggers import killed_tasks
from airflow_batch_provider.triggers.killed_tasks import ObservedTask, Verdict
from airflow_batch_provider.triggers.killing import READS_MAX, JobKiller, KilledTask
from tests.fakes import FakeTime

NO_ROW = "no row"
UNREADABLE = "cannot be read"


class Airflow:
    """An Airflow in which a task has another state each time that it is read; the last one stays."""

    def __init__(self, *states: str | None) -> None:
        self.states = list(states)
        self.asked = 0
        self.terminated: list[tuple[list[str], str]] = []
        self.time = FakeTime()

    async def task_states(self, dag_id, run_id, task_ids):
        state = self.states[min(self.asked, len(self.states) - 1)]
        self.asked += 1
        if state == UNREADABLE:
            raise RuntimeError("the API server does not answer")
        return {} if state == NO_ROW else {"align": state}

    async def terminate(self, job_ids, reason):
        self.terminated.append((job_ids, reason))

    def drop_trigger(self):
        """Do what the triggerer does with a trigger whose row is gone; return what the task's log gets."""
        killer = JobKiller(self.task_states, self.terminate, sleep=self.time.sleep)

        async def scenario():
            killing = asyncio.ensure_future(killer.kill(KilledTask("d", "r", "align", ("job",), "Stopped")))
            while not killing.done():
                await self.time.pass_to_next()
            return await killing

        return asyncio.run(scenario())


@pytest.mark.parametrize(
    ("states", "reads", "reason"),
    [
        pytest.param(["failed"], 1, "its state is failed", id="marked failed, or its run was"),
        pytest.param(["success"], 1, "its state is success", id="marked success"),
        pytest.param(["skipped"], 1, "its state is skipped", id="marked skipped, or dagrun_timeout"),
        pytest.param(["upstream_failed"], 1, "its state is upstream_failed", id="cleared, upstream failed"),
        pytest.param(["removed"], 1, "its state is removed", id="taken out of the DAG"),
        pytest.param([None], 1, "it was cleared", id="cleared with its upstream tasks"),
        pytest.param([NO_ROW], 1, "it was deleted", id="run or DAG deleted"),
        pytest.param(["scheduled", None], 2, "it was cleared", id="resumed, then cleared"),
        pytest.param(["queued", "queued", "failed"], 3, "its state is failed", id="queued, then marked"),
        pytest.param(["running", "failed"], 2, "its state is failed", id="new try failed before its look"),
        pytest.param(["restarting", None], 2, "it was cleared", id="cleared while the second half ran"),
        pytest.param([UNREADABLE, "failed"], 2, "its state is failed", id="marked, API down for a second"),
        pytest.param(["scheduled", NO_ROW], 2, "it was deleted", id="cleared, then deleted"),
        pytest.param(["scheduled"], READS_MAX, "its state is scheduled", id="cleared, no free slot"),
        pytest.param(
            [UNREADABLE, "scheduled"], READS_MAX, "its state is scheduled", id="cleared, API down at first"
        ),
    ],
)
def test_a_killed_task_has_its_job_terminated_as_soon_as_its_state_shows_it(states, reads, reason):
    airflow = Airflow(*states)

    result = airflow.drop_trigger()

    assert airflow.terminated == [(["job"], f"Stopped: {reason}")]
    assert airflow.asked == reads
    assert result.reason == f"Stopped: {reason}"


@pytest.mark.parametrize(
    ("states", "reads", "responsible"),
    [
        pytest.param(["deferred"], 1, "another trigger follows", id="taken over by another triggerer"),
        pytest.param(["up_for_retry"], 1, "its next try follows", id="the wait failed elsewhere"),
        pytest.param(["queued"], READS_MAX, "its worker follows", id="dag.test() with a long job"),
        pytest.param(["running"], READS_MAX, "its worker follows", id="resumed, waits in the worker"),
        pytest.param(
            ["scheduled"] * (READS_MAX - 1) + ["queued"], READS_MAX, "its worker follows", id="a late slot"
        ),
        pytest.param(["scheduled", "queued", "running", "deferred"], 4, "another trigger", id="cleared"),
        pytest.param(
            ["queued", "running", "up_for_retry"], 3, "its next try", id="new try failed, has retries"
        ),
        pytest.param(["up_for_reschedule"], READS_MAX, "its worker follows", id="rescheduled"),
        pytest.param(["a new state"], READS_MAX, "its worker follows", id="a state of a later Airflow"),
        pytest.param([UNREADABLE], READS_MAX, "the end of the DAG run terminates", id="API server down"),
        pytest.param([UNREADABLE, "deferred"], 2, "another trigger", id="taken over, API down for a second"),
    ],
)
def test_a_task_that_someone_follows_keeps_its_job(states, reads, responsible):
    airflow = Airflow(*states)

    result = airflow.drop_trigger()

    assert airflow.terminated == []
    assert airflow.asked == reads
    assert result.reason is None
    assert responsible.lower() in result.observed.responsible().lower()


@pytest.mark.parametrize("state", [None, *TaskInstanceState])
def test_the_documented_table_has_each_state_of_airflow(state):
    rows = [line.split("|") for line in (killed_tasks.__doc__ or "").splitlines() if line.startswith("|")]
    documented: dict[str, str] = {}
    verdict = ""
    for row in rows[2:]:
        verdict = row[3].strip() or verdict
        documented |= {name.strip(): verdict for name in row[1].split(",") if name.strip()}

    expected = documented.get(state.value if state else "None", documented["any other"])

    assert ObservedTask(state).verdict == Verdict(expected)
