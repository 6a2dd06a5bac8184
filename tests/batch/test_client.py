"""The client of the AWS Batch API."""

import logging

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
    SSLError,
)

from airflow_batch_provider.batch.api_errors import is_transient
from airflow_batch_provider.batch.client import BatchClient, chunks
from airflow_batch_provider.batch.job import JobStatus, SubmittedJob
from airflow_batch_provider.errors import TerminationError
from tests.fakes import FakeBatchApi, aws_error, refused, throttled

REQUEST = {"jobName": "w-a", "jobQueue": "q", "jobDefinition": "d"}


@pytest.fixture
def api():
    return FakeBatchApi()


@pytest.fixture
def submit_api():
    return FakeBatchApi()


@pytest.fixture
def client(api, submit_api):
    return BatchClient(api, submit_api, sleep=lambda seconds: None)


def test_submit_uses_the_client_without_retries(client, api, submit_api):
    job = client.submit(REQUEST)

    assert job == SubmittedJob("job-1", "w-a", "arn:aws:batch:eu-west-1:123456789012:job/job-1")
    assert submit_api.submitted == [REQUEST]
    assert api.submitted == []


def test_lookup_of_a_lost_job_uses_the_client_with_retries(client, api, submit_api):
    submit_api.lost_answers = [ReadTimeoutError(endpoint_url="https://batch")]
    api.jobs = submit_api.jobs

    job = client.submit(REQUEST)

    assert job.job_id == "job-1"
    assert submit_api.listed == []


def test_jobs_named_lists_all_pages_newest_first(client, api):
    for number, created_at in enumerate([3, 1, 5, 2, 4]):
        api.put(f"j{number}", "RUNNING", jobName=f"w-{number}", createdAt=created_at)
    api.put("other", "RUNNING", jobName="x-w-1", createdAt=9)

    jobs = client.list_jobs_by_name("etl", "w-*")

    assert [job.created_at for job in jobs] == [5, 4, 3, 2, 1]


def test_is_live_of_listed_jobs(client, api):
    api.put("runs", "RUNNING", jobName="w", createdAt=4)
    api.put("terminated", "RUNNING", jobName="w", createdAt=3, isTerminated=True)
    api.put("cancelled", "PENDING", jobName="w", createdAt=2, isCancelled=True)
    api.put("ended", "SUCCEEDED", jobName="w", createdAt=1)

    jobs = client.list_jobs_by_name("etl", "w")

    assert {job.job_id: job.is_live for job in jobs} == {
        "runs": True,
        "terminated": False,
        "cancelled": False,
        "ended": False,
    }
    assert [job.has_succeeded for job in jobs] == [False, False, False, True]


def test_jobs_of_another_queue_are_not_listed(client, api):
    api.put("a", "RUNNING", jobName="w")

    assert client.list_jobs_by_name("other", "w*") == []


def test_describe_calls_with_at_most_100_job_ids(client, api):
    job_ids = [f"j{number}" for number in range(250)]
    for job_id in job_ids:
        api.put(job_id, "RUNNING")

    described = client.describe(job_ids)

    assert [len(chunk) for chunk in api.described] == [100, 100, 50]
    assert list(described) == job_ids
    assert described["j7"].status is JobStatus.RUNNING


def test_describe_leaves_out_unknown_jobs(client, api):
    api.put("known", "RUNNING")

    assert list(client.describe(["unknown", "known"])) == ["known"]


def test_describe_without_job_ids_makes_no_call(client, api):
    assert client.describe([]) == {}
    assert api.described == []


def test_failed_children_are_listed_by_index_with_pages_of_1000(client, api):
    for index, status in {11: "FAILED", 2: "FAILED", 1: "SUCCEEDED", 0: "FAILED"}.items():
        api.put(f"parent:{index}", status)
    api.put("other:5", "FAILED")

    assert [child.index for child in client.list_failed_children("parent")] == [0, 2, 11]
    assert api.listed[-1]["PaginationConfig"] == {"PageSize": 1000}


def test_terminate_passes_the_reason_for_each_job(client, api):
    client.terminate(["a", "b"], "because " + "x" * 2000)

    assert sorted(api.terminated) == ["a", "b"]
    assert {len(reason) for reason in api.terminated.values()} == {1024}


def test_terminate_calls_with_at_most_50_job_ids(client, api):
    api.errors["terminate_jobs"] = [None, None, RuntimeError("a third call")]

    client.terminate([f"j{number}" for number in range(101)], "stop")

    assert len(api.terminated) == 101
    assert len(api.errors["terminate_jobs"]) == 1  # 50 + 50, and the last one by TerminateJob


def test_terminate_without_job_ids_makes_no_call(client, api):
    client.terminate([], "stop")

    assert api.terminated == {}


def test_errors_of_the_bulk_operation_are_raised_and_logged(client, api, caplog):
    api.unterminable = {"b"}

    with caplog.at_level(logging.ERROR), pytest.raises(TerminationError) as raised:
        client.terminate(["a", "b", "c"], "stop")

    assert str(raised.value) == (
        "AWS Batch did not terminate these jobs: b (oops). Terminate them in the AWS Batch console."
    )
    assert sorted(api.terminated) == ["a", "c"]
    assert "and may still run: ['a', 'b', 'c']" in caplog.text


def test_failed_bulk_call_does_not_stop_the_next_calls(client, api, caplog):
    api.errors["terminate_jobs"] = [aws_error("TerminateJobs", 500, "ServerException", "oops"), None]

    with caplog.at_level(logging.ERROR), pytest.raises(ClientError, match="oops"):
        client.terminate([f"j{number}" for number in range(70)], "stop")

    assert len(api.terminated) == 20


def test_boto3_without_the_bulk_operation_terminates_one_by_one(submit_api):
    class OlderApi:
        def __init__(self):
            self.terminated = []

        def terminate_job(self, *, jobId, reason):  # noqa: N803
            if jobId == "b":
                raise aws_error("TerminateJob", 500, "ServerException", "oops")
            self.terminated.append(jobId)

    api = OlderApi()

    with pytest.raises(ClientError, match="oops"):
        BatchClient(api, submit_api).terminate(["a", "b", "c"], "stop")

    assert api.terminated == ["a", "c"]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (throttled("DescribeJobs"), True),
        (aws_error("DescribeJobs", 500, "ServerException", "oops"), True),
        (aws_error("DescribeJobs", 503, "ServiceUnavailable", "oops"), True),
        (EndpointConnectionError(endpoint_url="https://batch"), True),
        (ConnectTimeoutError(endpoint_url="https://batch"), True),
        (ReadTimeoutError(endpoint_url="https://batch"), True),
        (refused("no", "DescribeJobs"), False),
        (aws_error("DescribeJobs", 403, "AccessDeniedException", "no"), False),
        (SSLError(endpoint_url="https://batch", error="certificate verify failed"), False),
        (NoCredentialsError(), False),
        (ValueError("no"), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_is_transient(error, expected):
    assert is_transient(error) is expected


def test_chunks_contain_every_item():
    assert list(chunks(["a", "b", "c"], 2)) == [["a", "b"], ["c"]]
