"""The calls to AWS Batch."""

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

from airflow_batch_provider.batch.client import BatchClient, chunks, is_transient
from airflow_batch_provider.batch.job import JobStatus, SubmittedJob
from airflow_batch_provider.errors import RequestError, SubmissionRefusedError, ThrottledError
from tests.fakes import FakeBatchApi, aws_error, refused, throttled

REQUEST = {"jobName": "w-a", "jobQueue": "q", "jobDefinition": "d"}


@pytest.fixture
def api():
    return FakeBatchApi()


@pytest.fixture
def submit_api():
    return FakeBatchApi()


@pytest.fixture
def slept():
    return []


@pytest.fixture
def client(api, submit_api, slept):
    return BatchClient(api, submit_api, sleep=slept.append)


def test_submit_sends_the_request_once_over_the_client_that_sends_once(client, api, submit_api, slept):
    job = client.submit(REQUEST)

    assert job == SubmittedJob("job-1", "w-a", "arn:aws:batch:eu-west-1:123456789012:job/job-1")
    assert submit_api.submitted == [REQUEST]
    assert api.submitted == []
    assert slept == []


def test_a_throttled_submit_is_sent_again_after_growing_pauses(client, submit_api, slept, monkeypatch):
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    submit_api.errors["submit_job"] = [throttled(), throttled(), throttled()]

    job = client.submit(REQUEST)

    assert job.job_id == "job-1"
    assert len(submit_api.submitted) == 4
    assert slept == [0.5, 1.0, 2.0]


def test_pauses_are_drawn_and_have_an_upper_bound(client, submit_api, slept):
    submit_api.errors["submit_job"] = [throttled()] * 9

    client.submit(REQUEST)

    assert len(slept) == len(set(slept)) == 9
    assert all(0 <= pause <= 20 for pause in slept)


def test_a_submit_that_is_throttled_for_ever_is_given_up(client, submit_api, slept):
    submit_api.errors["submit_job"] = [throttled()] * 99

    with pytest.raises(ThrottledError) as raised:
        client.submit(REQUEST)

    assert str(raised.value) == (
        "AWS Batch throttled SubmitJob of job 'w-a' 10 times in a row; "
        "try again later, or submit fewer jobs at a time"
    )
    assert raised.value.retryable
    assert len(submit_api.submitted) == 10
    assert len(slept) == 9


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (refused("JobQueue q not found."), "JobQueue q not found. (ClientException)"),
        (
            aws_error("SubmitJob", 403, "AccessDeniedException", "User: x is not authorized"),
            "User: x is not authorized (AccessDeniedException)",
        ),
        (aws_error("SubmitJob", 404, "ClientException", "d is gone"), "d is gone (ClientException)"),
    ],
)
def test_a_refused_submit_says_what_aws_said_and_is_not_sent_again(client, submit_api, error, text):
    submit_api.errors["submit_job"] = [error]

    with pytest.raises(SubmissionRefusedError) as raised:
        client.submit(REQUEST)

    assert str(raised.value) == f"AWS Batch refused job 'w-a': {text}"
    assert not raised.value.retryable
    assert len(submit_api.submitted) == 1


@pytest.mark.parametrize(
    "error",
    [
        aws_error("SubmitJob", 500, "ServerException", "oops"),
        ReadTimeoutError(endpoint_url="https://batch"),
        EndpointConnectionError(endpoint_url="https://batch"),
    ],
)
def test_other_errors_pass_and_the_request_is_not_sent_again(client, submit_api, error):
    submit_api.errors["submit_job"] = [error]

    with pytest.raises(type(error)) as raised:
        client.submit(REQUEST)

    assert raised.value is error
    assert len(submit_api.submitted) == 1


def test_a_request_without_submit_jobs_form_is_not_sent(client, submit_api):
    request = {**REQUEST, "retryStrategy": {"evaluateOnExit": [{"onExitCode": 137}]}}

    with pytest.raises(RequestError) as raised:
        client.submit(request)

    assert str(raised.value).startswith("job 'w-a' is no SubmitJob request: Missing required parameter")
    assert "\n" not in str(raised.value)
    assert submit_api.submitted == []


def test_describe_asks_for_a_hundred_jobs_a_call(client, api):
    job_ids = [f"j{number}" for number in range(250)]
    for job_id in job_ids:
        api.put(job_id, "RUNNING")

    described = client.describe(job_ids)

    assert [len(chunk) for chunk in api.described] == [100, 100, 50]
    assert list(described) == job_ids
    assert described["j7"].status is JobStatus.RUNNING


def test_describe_leaves_out_what_aws_does_not_know(client, api):
    api.put("known", "RUNNING")

    assert list(client.describe(["unknown", "known"])) == ["known"]


def test_describe_of_nothing_calls_nothing(client, api):
    assert client.describe([]) == {}
    assert api.described == []


def test_failed_children_are_indices_in_order(client, api):
    for index, status in {11: "FAILED", 2: "FAILED", 1: "SUCCEEDED", 0: "FAILED"}.items():
        api.put(f"parent:{index}", status)
    api.put("other:5", "FAILED")

    assert client.failed_children("parent") == [0, 2, 11]


def test_terminate_gives_each_job_the_reason(client, api):
    client.terminate(["a", "b"], "because " + "x" * 2000)

    assert list(api.terminated) == ["a", "b"]
    assert {len(reason) for reason in api.terminated.values()} == {1024}


def test_one_job_that_cannot_be_terminated_does_not_save_the_others(client, api, caplog):
    api.errors["terminate_job"] = [None, aws_error("TerminateJob", 500, "ServerException", "oops"), None]

    with caplog.at_level(logging.ERROR), pytest.raises(ClientError, match="oops"):
        client.terminate(["a", "b", "c"], "stop")

    assert list(api.terminated) == ["a", "c"]
    assert "Job b could not be terminated and may still run" in caplog.text


@pytest.mark.parametrize(
    ("error", "passes"),
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
def test_errors_that_pass_by_themselves(error, passes):
    assert is_transient(error) is passes


def test_chunks_lose_nothing():
    assert list(chunks(["a", "b", "c"], 2)) == [["a", "b"], ["c"]]
