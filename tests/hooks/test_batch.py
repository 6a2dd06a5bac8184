"""``BatchHook``: AWS Batch over Airflow's AWS connection."""

import pytest

from airflow_batch_provider.batch.console import ConsoleReference
from airflow_batch_provider.batch.job import JobDescription
from airflow_batch_provider.hooks.batch import BatchHook
from airflow_batch_provider.hooks.connection import AwsConnection
from tests.airflow_fakes import hook_over
from tests.fakes import FakeBatchApi, FakeLogsApi

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y", "AWS_DEFAULT_REGION": "eu-west-1"}


@pytest.fixture
def api():
    return FakeBatchApi()


@pytest.fixture
def logs():
    return FakeLogsApi({("/aws/batch/job", "s/1"): [f"line {number}" for number in range(20)]})


@pytest.fixture
def hook(api, logs):
    return hook_over(api, logs)


@pytest.fixture
def _credentials(monkeypatch):
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


def description_of(api, job_id):
    return JobDescription.from_aws(api.jobs[job_id])


@pytest.mark.usefixtures("_credentials")
@pytest.mark.parametrize(
    "botocore_config", [None, {"retries": {"total_max_attempts": 7, "mode": "adaptive"}, "read_timeout": 9}]
)
def test_submit_job_is_never_retried_by_botocore(botocore_config):
    hook = BatchHook.of(AwsConnection(aws_conn_id=None, botocore_config=botocore_config))

    config = hook.batch._submitter._api.meta.config

    assert config.retries["total_max_attempts"] == 1


@pytest.mark.usefixtures("_credentials")
def test_other_calls_use_botocore_config_of_connection():
    config = {"retries": {"total_max_attempts": 7, "mode": "adaptive"}, "read_timeout": 9}
    hook = BatchHook.of(AwsConnection(aws_conn_id=None, botocore_config=config))

    read, submit = hook.batch._api.meta.config, hook.batch._submitter._api.meta.config

    assert (read.retries["total_max_attempts"], read.read_timeout) == (7, 9)
    assert submit.read_timeout == 9


@pytest.mark.usefixtures("_credentials")
def test_logs_use_same_connection():
    hook = BatchHook.of(AwsConnection(aws_conn_id=None, region_name="eu-north-1"))

    assert hook.logs._api.meta.region_name == "eu-north-1"
    assert hook.logs._api.meta.service_model.service_name == "logs"


def test_console_reference_has_all_link_targets(api, hook):
    api.put("a", "RUNNING", container={"logStreamName": "s/1"})
    job = description_of(api, "a")

    assert hook.console_reference(job) == ConsoleReference(
        region_name="eu-west-1",
        partition="aws",
        job_id="a",
        job_definition=job.job_definition,
        job_queue=job.job_queue,
        log_group="/aws/batch/job",
        log_stream="s/1",
    )


def test_failure_contains_last_five_log_lines(api, hook):
    api.put("a", "FAILED", container={"logStreamName": "s/1", "exitCode": 1}, attempts=[{}])

    failure = hook.report(description_of(api, "a"), "align").error

    assert str(failure) == (
        "job 'align' (a) failed on attempt 1 of 1 with exit code 1. "
        "Last log lines: line 15 | line 16 | line 17 | line 18 | line 19"
    )


def test_failed_array_without_failed_children(api, hook):
    api.put("a", "FAILED", statusReason="JobQueue deleted", arrayProperties={"size": 3})

    assert (
        str(hook.report(description_of(api, "a"), "align").error)
        == "array job 'align' (a) failed: JobQueue deleted."
    )


def test_array_failure_lists_children_missing_from_describe_jobs(api, hook, monkeypatch):
    api.put("a", "FAILED", arrayProperties={"size": 3})
    api.put("a:1", "FAILED")
    monkeypatch.setattr(api, "describe_jobs", lambda jobs: {"jobs": []})

    failure = hook.report(description_of(api, "a"), "align").error

    assert str(failure) == "array job 'align' (a) failed: 1 of 3 children failed (index 1)."


def test_wait_returns_jobs_in_order_of_ids(api, hook):
    api.put("a", "SUCCEEDED")
    api.put("b", "FAILED")

    ended = hook.wait(["b", "a", "b"], interval_seconds=0)

    assert [job.job_id for job in ended] == ["b", "a", "b"]


def test_connection_survives_json():
    connection = AwsConnection("c", "r", "/ca.pem", {"retries": {"mode": "standard"}})

    assert AwsConnection(**connection.to_json()) == connection
