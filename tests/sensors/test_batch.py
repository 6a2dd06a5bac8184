"""``BatchJobSensor``: waiting for jobs that somebody else submitted."""

import time

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException, TaskDeferred
from airflow.sdk import DAG

from airflow_batch_provider.batch.job import JobDescription
from airflow_batch_provider.sensors.batch import BatchJobSensor
from tests.airflow_fakes import FakeTaskInstance, hook_over
from tests.fakes import FakeBatchApi, FakeLogsApi


@pytest.fixture
def api():
    return FakeBatchApi()


@pytest.fixture
def sensor(api):
    def make(job_id, **arguments):
        made = BatchJobSensor(task_id="both_done", job_id=job_id, **arguments)
        made.__dict__["hook"] = hook_over(api, FakeLogsApi())
        return made

    return make


@pytest.fixture
def context():
    return {"ti": FakeTaskInstance("both_done")}


def test_it_waits_while_a_job_runs(api, sensor, context):
    api.put("a", "SUCCEEDED")
    api.put("b", "RUNNING")

    assert sensor(["a", "b"]).poke(context) is False


def test_it_is_done_when_all_jobs_have_succeeded(api, sensor, context):
    api.put("a", "SUCCEEDED")
    api.put("b:3", "SUCCEEDED")

    assert sensor(["a", "b:3", "a"]).poke(context) is True


def test_a_single_id_is_one_job(api, sensor, context):
    api.put("abc", "SUCCEEDED")

    assert sensor("abc").poke(context) is True
    assert api.described == [["abc"]]


def test_it_fails_as_soon_as_one_job_has_failed(api, sensor, context):
    api.put("a", "RUNNING")
    api.put("b", "FAILED", statusReason="Dependent Job failed")

    with pytest.raises(AirflowException, match=r"^job 'name-of-b' \(b\) failed: Dependent Job failed\.$"):
        sensor(["a", "b"]).poke(context)


def test_it_waits_for_a_job_that_aws_does_not_show_yet(sensor, context):
    assert sensor("new").poke(context) is False


@pytest.mark.parametrize("given", [None, "", [], [None], ["a", None], ["a", ""]])
def test_an_id_that_nobody_published_is_refused(api, sensor, context, given):
    with pytest.raises(AirflowFailException) as raised:
        sensor(given).poke(context)

    assert (
        str(raised.value) == f"task 'both_done': job_id must be a job ID or a list of job IDs, not {given!r}"
    )
    assert api.described == []


def test_deferrable_it_is_done_at_once_where_nothing_is_left_to_wait_for(api, sensor, context):
    api.put("a", "SUCCEEDED")

    assert sensor("a", deferrable=True).execute(context) is None


def test_deferrable_it_hands_the_wait_to_the_triggerer(api, sensor, context):
    api.put("a", "RUNNING")
    waiting = sensor(
        ["a", "b"],
        deferrable=True,
        poke_interval=7,
        timeout=60,
        aws_conn_id="other",
        region_name="eu-north-1",
        verify="/ca.pem",
        botocore_config={"read_timeout": 3},
    )

    with pytest.raises(TaskDeferred) as deferred:
        waiting.execute(context)

    arguments = deferred.value.trigger.serialize()[1]
    since = arguments["terms"].pop("since")
    assert since == pytest.approx(time.time(), abs=600)
    assert arguments == {
        "job_ids": ["a", "b"],
        "connection": {
            "aws_conn_id": "other",
            "region_name": "eu-north-1",
            "verify": "/ca.pem",
            "botocore_config": {"read_timeout": 3},
        },
        "poll_interval_seconds": 7,
        "token": None,
        "kill_reason": None,  # the jobs are somebody else's
        "terms": {"deadline": None, "runnable_seconds": None, "allows_misconfiguration": True},
        "ends_task": False,
        "log_lines": 20_000,
        "failed_children_logs": 3,
    }
    assert deferred.value.method_name == "resume"
    assert deferred.value.timeout.total_seconds() == 60


def test_resume_after_success(api, sensor, context):
    api.put("a", "SUCCEEDED")
    event = {"jobs": [JobDescription.from_aws(api.jobs["a"]).to_json()]}

    assert sensor("a", deferrable=True).resume(context, event) is None


def test_resume_after_a_failure(api, sensor, context):
    api.put("a", "SUCCEEDED")
    api.put("b", "FAILED", statusReason="Dependent Job failed")
    event = {"jobs": [JobDescription.from_aws(api.jobs[job_id]).to_json() for job_id in "ab"]}

    with pytest.raises(AirflowException, match=r"^job 'name-of-b' \(b\) failed: Dependent Job failed\.$"):
        sensor(["a", "b"], deferrable=True).resume(context, event)


def test_resume_after_the_wait_itself_failed(sensor, context):
    with pytest.raises(AirflowException, match=r"^job a not found$"):
        sensor("a", deferrable=True).resume(context, {"error": "job a not found"})


def test_the_connection_comes_from_default_args():
    with DAG("d", schedule=None, default_args={"aws_conn_id": "other", "verify": False}):
        waiting = BatchJobSensor(task_id="w", job_id="a")

    assert (waiting.connection.aws_conn_id, waiting.connection.verify) == ("other", False)
