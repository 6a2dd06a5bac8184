"""``TaskEndTrigger``: wait for another task of the same run."""

import asyncio

import pytest

from airflow_batch_provider.triggers.task import TaskEndTrigger


class FakeStates:
    """The states of a task, as the triggerer's supervisor returns them one after the other."""

    def __init__(self, *answers) -> None:
        self.answers = list(answers)

    def __call__(self, *, dag_id, task_ids, run_ids):
        assert (dag_id, task_ids, run_ids) == ("d", ["submit"], ["r"])
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return {"r": answer}


@pytest.mark.parametrize(
    ("map_index", "answers"),
    [
        (-1, [{"submit": "running"}, ConnectionError("no"), {"submit": None}, {"submit": "success"}]),
        (1, [{"submit_0": "success", "submit_1": "queued"}, {"submit_1": "failed"}]),
        (-1, [{}]),
    ],
)
def test_the_trigger_waits_until_the_task_has_ended(monkeypatch, map_index, answers):
    states, paused = FakeStates(*answers), []

    async def sleep(seconds: float) -> None:
        paused.append(seconds)

    monkeypatch.setattr("airflow.sdk.execution_time.task_runner.RuntimeTaskInstance.get_task_states", states)
    trigger = TaskEndTrigger(
        dag_id="d", run_id="r", awaited_task_id="submit", map_index=map_index, sleep=sleep
    )

    async def run():
        return [event async for event in trigger.run()]

    (event,) = asyncio.run(run())

    assert event.payload == {"jobs": []}
    assert len(paused) == len(answers)
    assert states.answers == []


def test_the_trigger_is_created_again_from_what_it_serializes():
    trigger = TaskEndTrigger(dag_id="d", run_id="r", awaited_task_id="submit", map_index=2)

    path, arguments = trigger.serialize()

    assert path == "airflow_batch_provider.triggers.task.TaskEndTrigger"
    assert TaskEndTrigger(**arguments).serialize() == (path, arguments)
