"""A task whose trigger could not run in the triggerer waits again, once in a try."""

import pytest
from airflow.providers.common.compat.sdk import TaskDeferred

from airflow_batch_provider.handover import PublishedJob
from airflow_batch_provider.operators.resources import BatchApplyResourcesOperator
from airflow_batch_provider.sensors.batch import BatchJobSensor
from airflow_batch_provider.triggers.resumption import TRIGGER_FAILURE_XCOM
from tests.airflow_fakes import FakeTaskInstance, hook_over
from tests.fakes import FakeBatchApi, FakeLogsApi, job_detail
from tests.operators.test_job_again import Following

FAILED = "__fail__"
"""Airflow's ``next_method`` of a task whose trigger failed or whose wait took too long."""
TRACEBACK = ["Traceback (most recent call last):\n", "TypeError: unexpected keyword argument 'added'\n"]
NOT_BUILT = {"error": "Trigger failure", "traceback": TRACEBACK}


@pytest.fixture(params=[True, False], ids=["with a task state store", "without"])
def own(request):
    return Following(has_store=request.param)


def deferred(task: Following) -> str:
    """Let a task follow a job and defer; return the job ID."""
    with pytest.raises(TaskDeferred) as raised:
        task.operator().execute(task.context)
    return keep_xcoms(task, raised.value)


def resumed(task: Following, failure: dict) -> str:
    """Let Airflow resume the task after its trigger has failed; return the job that it waits for."""
    with pytest.raises(TaskDeferred) as raised:
        task.operator().resume_execution(FAILED, failure, task.context)
    return keep_xcoms(task, raised.value)


def keep_xcoms(task: Following, deferral: TaskDeferred) -> str:
    task.ti._published |= {(task.ti.task_id, key): value for key, value in task.ti.pushed.items()}
    (job_id,) = deferral.trigger.job_ids
    return job_id


def test_the_task_follows_its_job_with_a_new_trigger(own):
    job_id = deferred(own)

    assert resumed(own, NOT_BUILT) == job_id
    assert len(own.api.submitted) == 1
    assert not own.api.terminated


def test_the_log_says_why(own, capsys):
    deferred(own)

    resumed(own, NOT_BUILT)

    log = capsys.readouterr().out
    assert "trigger failed in the triggerer (TypeError: unexpected keyword argument 'added')" in log
    assert "triggerers and workers run different versions of airflow-batch-provider" in log


def test_an_adopted_job_is_followed_on():
    task = Following(adopt=PublishedJob("submit", "align"))
    task.api.put("root", "RUNNING")

    assert deferred(task) == "root"
    assert resumed(task, NOT_BUILT) == "root"


def test_a_task_that_started_in_the_triggerer_starts_in_the_worker():
    task = Following(adopt=PublishedJob("submit", "align"), start_in_triggerer=True)
    task.api.put("root", "RUNNING")

    assert resumed(task, NOT_BUILT) == "root"


def test_a_second_failure_in_the_same_try_uses_a_retry(own):
    deferred(own)
    resumed(own, NOT_BUILT)

    # AirflowException and its subclasses use a retry; AirflowFailException would not.
    with pytest.raises(Exception, match="Trigger failure") as raised:
        own.operator().resume_execution(FAILED, NOT_BUILT, own.context)

    assert type(raised.value).__name__ == "TaskDeferralError"


def test_the_next_try_has_its_own_second_chance(own):
    job_id = deferred(own)
    resumed(own, NOT_BUILT)
    own.ti.retry()
    own.api.put(job_id, "RUNNING")
    deferred(own)

    assert resumed(own, NOT_BUILT) == job_id


def test_the_end_of_the_time_limit_stays_airflows(own):
    deferred(own)

    with pytest.raises(Exception, match="Trigger timeout") as raised:
        own.operator().resume_execution(FAILED, {"error": "Trigger timeout"}, own.context)

    assert type(raised.value).__name__ == "TaskDeferralTimeout"
    assert TRIGGER_FAILURE_XCOM not in own.ti.pushed


def test_a_failure_that_a_clear_left_behind_starts_the_new_try():
    task = Following()
    job_id = deferred(task)
    task.api.put(job_id, "RUNNING")
    task.ti.clear(retries=0)

    assert resumed(task, NOT_BUILT) != job_id
    assert list(task.api.terminated) == [job_id]


def test_a_sensor_waits_again():
    api, ti = FakeBatchApi(), FakeTaskInstance("sense")
    api.jobs["a"] = job_detail("a", "RUNNING")
    sensor = BatchJobSensor(task_id="sense", job_id="a", deferrable=True)
    sensor.__dict__["hook"] = hook_over(api, FakeLogsApi())

    with pytest.raises(TaskDeferred) as raised:
        sensor.resume_execution(FAILED, NOT_BUILT, {"ti": ti})

    assert raised.value.trigger.job_ids == ["a"]


def test_what_a_later_version_passed_to_the_next_method_is_ignored(capsys, monkeypatch):
    operator = BatchApplyResourcesOperator(
        task_id="apply", resources={"scheduling_policies": {"fair": {"fairshare_policy": {}}}}
    )
    monkeypatch.setattr(operator, "_continue", lambda: operator._done)

    kwargs = {"event": {}, "done": ["created a"], "since": 7}
    result = operator.resume_execution("resume", kwargs, {"ti": FakeTaskInstance("apply")})

    assert result == ["created a"]
    assert "another version of airflow-batch-provider passed to its resume: since" in capsys.readouterr().out
