"""``BatchJobSensor``: waits for jobs that other tasks or systems submitted."""

import time
from datetime import timedelta

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException, TaskDeferred
from airflow.sdk import DAG

from airflow_batch_provider.batch.job import JobDescription
from airflow_batch_provider.sensors.batch import BatchJobSensor
from tests.airflow_fakes import FakeTaskInstance, hook_over
from tests.fakes import FakeBatchApi, FakeLogsApi, aws_error


@pytest.fixture
def api():
    return FakeBatchApi()


@pytest.fixture
def sensor(api):
    def create(job_id, **arguments):
        task = BatchJobSensor(task_id="both_done", job_id=job_id, **arguments)
        task.__dict__["hook"] = hook_over(api, FakeLogsApi())
        return task

    return create


@pytest.fixture
def context():
    return {"ti": FakeTaskInstance("both_done")}


def test_poke_returns_false_while_job_runs(api, sensor, context):
    api.put("a", "SUCCEEDED")
    api.put("b", "RUNNING")

    assert sensor(["a", "b"]).poke(context) is False


def test_poke_returns_true_when_all_jobs_have_succeeded(api, sensor, context):
    api.put("a", "SUCCEEDED")
    api.put("b:3", "SUCCEEDED")

    assert sensor(["a", "b:3", "a"]).poke(context) is True


def test_job_idcan_be_a_single_string(api, sensor, context):
    api.put("abc", "SUCCEEDED")

    assert sensor("abc").poke(context) is True
    assert api.described == [["abc"]]


def test_poke_fails_when_one_job_has_failed(api, sensor, context):
    api.put("a", "RUNNING")
    api.put("b", "FAILED", statusReason="Dependent Job failed")

    with pytest.raises(AirflowException, match=r"^job 'name-of-b' \(b\) failed: Dependent Job failed\.$"):
        sensor(["a", "b"]).poke(context)


def test_poke_returns_false_for_unknown_job(sensor, context):
    assert sensor("new").poke(context) is False


@pytest.mark.parametrize("job_id", [None, "", [], [None], ["a", None], ["a", ""]])
def test_missing_job_idfails_without_retry(api, sensor, context, job_id):
    with pytest.raises(AirflowFailException) as raised:
        sensor(job_id).poke(context)

    assert str(raised.value) == (
        f"task 'both_done': job_id must be a job ID or a list of job IDs, not {job_id!r}. "
        "No retry: the same request would be invalid again"
    )
    assert api.described == []


def test_deferrable_sensor_does_not_defer_if_jobs_have_ended(api, sensor, context):
    api.put("a", "SUCCEEDED")

    assert sensor("a", deferrable=True).execute(context) is None


def test_deferrable_sensor_defers_to_trigger(api, sensor, context):
    api.put("a", "RUNNING")
    deferring_sensor = sensor(
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
        deferring_sensor.execute(context)

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
        "kill_reason": None,  # the sensor does not own the jobs
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


def test_resume_after_job_failure(api, sensor, context):
    api.put("a", "SUCCEEDED")
    api.put("b", "FAILED", statusReason="Dependent Job failed")
    event = {"jobs": [JobDescription.from_aws(api.jobs[job_id]).to_json() for job_id in "ab"]}

    with pytest.raises(AirflowException, match=r"^job 'name-of-b' \(b\) failed: Dependent Job failed\.$"):
        sensor(["a", "b"], deferrable=True).resume(context, event)


def test_resume_after_wait_error(sensor, context):
    with pytest.raises(AirflowException, match=r"^job a not found$"):
        sensor("a", deferrable=True).resume(context, {"error": "job a not found"})


def test_default_args_set_connection():
    with DAG("d", schedule=None, default_args={"aws_conn_id": "other", "verify": False}):
        task = BatchJobSensor(task_id="w", job_id="a")

    assert (task.connection.aws_conn_id, task.connection.verify) == ("other", False)


EXPIRED = aws_error("DescribeJobs", 403, "ExpiredTokenException", "The security token has expired")


def test_refused_credentials_do_not_end_the_wait(api, sensor, context):
    api.put("a", "SUCCEEDED")
    api.errors["describe_jobs"] = [EXPIRED, EXPIRED]
    waiting = sensor("a")

    assert [waiting.poke(context) for _ in range(3)] == [False, False, True]


def test_credentials_that_are_refused_for_too_long_cost_a_retry(api, sensor, context):
    api.errors["describe_jobs"] = [EXPIRED]

    with pytest.raises(
        AirflowException, match=r"about job a for longer than refused_timeout \(0 s\)"
    ) as raised:
        sensor("a", refused_timeout=timedelta(0)).poke(context)

    assert type(raised.value) is AirflowException


def test_deferrable_sensor_passes_its_limit_to_the_trigger(api, sensor, context):
    api.put("a", "RUNNING")

    with pytest.raises(TaskDeferred) as deferred:
        sensor("a", deferrable=True, refused_timeout=timedelta(hours=2)).execute(context)

    assert deferred.value.trigger.terms.refused_seconds == 7200
