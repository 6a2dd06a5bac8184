"""``BatchJobOperator`` when its task is killed in a worker, at whatever moment."""

import pytest
from airflow.providers.common.compat.sdk import AirflowException, TaskDeferred

from airflow_batch_provider.operators.batch import BatchJobOperator
from tests.airflow_fakes import FakeTaskInstance, hook_over
from tests.fakes import FakeBatchApi, FakeLogsApi, throttled


@pytest.fixture
def api():
    return FakeBatchApi()


@pytest.fixture
def operator(api):
    def make(**arguments):
        made = BatchJobOperator(task_id="align", job_queue="q", job_definition="d", **arguments)
        made.__dict__["hook"] = hook_over(api, FakeLogsApi())
        return made

    return make


@pytest.fixture
def context():
    return {"ti": FakeTaskInstance()}


def kill_during(target, name, task):
    """Let a task be killed while a method is at work, before it answers."""
    method = getattr(target, name)

    def killed_meanwhile(*arguments, **keywords):
        setattr(target, name, method)  # nobody is killed twice
        answer = method(*arguments, **keywords)
        task.on_kill()
        return answer

    setattr(target, name, killed_meanwhile)


def test_a_kill_before_there_is_a_job_terminates_nothing(operator, api):
    operator().on_kill()

    assert api.terminated == {}


def test_a_kill_while_the_job_is_submitted_terminates_it(operator, api, context):
    task = operator()
    kill_during(api, "submit_job", task)

    with pytest.raises(AirflowException, match="killed while submitting job job-1"):
        task.execute(context)

    assert list(api.terminated) == ["job-1"]
    assert "job_id" not in context["ti"].pushed


def test_a_kill_while_the_published_job_is_looked_at_terminates_it(operator, api, context):
    api.put("root", "RUNNING")
    task = operator(adopt="root")
    kill_during(api, "describe_jobs", task)

    with pytest.raises(AirflowException, match="was killed before it started following its job"):
        task.execute(context)

    assert api.terminated == {"root": "Task 'align' no longer follows this job: its process was stopped"}


def test_a_kill_while_the_job_id_is_published_terminates_the_job(operator, api, context):
    task = operator()
    kill_during(context["ti"], "xcom_push", task)

    with pytest.raises(TaskDeferred):
        task.execute(context)

    assert list(api.terminated) == ["job-1"]


def test_a_kill_while_the_worker_waits_terminates_the_job(operator, api, context):
    task = operator(deferrable=False, poll_interval_seconds=0)
    wait = task.hook.wait

    def killed_meanwhile(*arguments):
        task.on_kill()
        api.put("job-1", "FAILED")
        return wait(*arguments)

    task.hook.wait = killed_meanwhile

    with pytest.raises(AirflowException, match="failed"):
        task.execute(context)

    assert api.terminated == {"job-1": "Task 'align' no longer follows this job: its process was stopped"}


def test_a_kill_after_the_job_has_ended_changes_nothing(operator, api, context):
    api.put("root", "SUCCEEDED")
    task = operator(adopt="root")
    task.execute(context)

    task.on_kill()

    assert api.jobs["root"] == {**api.jobs["root"], "status": "SUCCEEDED"}
    assert "isTerminated" not in api.jobs["root"]


def test_what_a_killed_job_has_printed_is_shown(api, context, capsys):
    api.put("root", "RUNNING", container={"logStreamName": "s/1"})
    task = BatchJobOperator(task_id="align", adopt="root", deferrable=False)
    task.__dict__["hook"] = hook_over(api, FakeLogsApi({("/aws/batch/job", "s/1"): ["half way"]}))

    def killed_wait(*_):
        task.on_kill()
        raise SystemExit  # as Airflow ends a task that it has killed

    task.hook.wait = killed_wait

    with pytest.raises(SystemExit):
        task.execute(context)

    assert list(api.terminated) == ["root"]
    assert "half way" in capsys.readouterr().out


def test_a_description_that_fails_does_not_keep_a_kill_from_its_end(operator, api, context):
    api.put("root", "RUNNING")
    task = operator(adopt="root")
    with pytest.raises(TaskDeferred):
        task.execute(context)
    api.errors["describe_jobs"] = [throttled("DescribeJobs")]

    task.on_kill()

    assert list(api.terminated) == ["root"]
