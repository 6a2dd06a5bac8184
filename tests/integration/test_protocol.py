import logging

import pytest
from botocore.exceptions import ClientError

from airflow_batch_provider.local.api.operations import OPERATIONS
from airflow_batch_provider.local.server import LocalBatch
from airflow_batch_provider.local.service_model import load_service_model
from tests.integration.cloud import Cloud
from tests.integration.wire import call, send


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b'{"jobs": NaN}',
        b'{"jobs": "x"}',
        b'{"jobs": [1]}',
        b'{"jobs": null}',
        b"{}",
        b'{"jobs": [], "extra": 1}',
        b'{"jobs": [' + b"9" * 6000 + b"]}",
        b'{"jobs": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"jobs": ["' + b"x" * 2_000_000 + b'"]}',
    ],
)
def test_a_bad_body_is_refused_as_the_clients_fault(script_server: LocalBatch, body: bytes) -> None:
    reply = send(script_server.url, "POST", "/v1/describejobs", body)

    assert reply.status == 400
    assert reply.headers["x-amzn-errortype"] == "ClientException"
    assert reply.json["message"]


def test_a_response_has_the_headers_of_aws(script_server: LocalBatch) -> None:
    reply = call(script_server.url, "DescribeJobs", {"jobs": []})

    assert (reply.status, reply.json) == (200, {"jobs": []})
    assert reply.headers["content-type"] == "application/json"
    assert len(reply.headers["x-amzn-requestid"]) == 36


def test_an_operation_without_output_answers_an_empty_object(script_server: LocalBatch) -> None:
    reply = call(script_server.url, "CancelJob", {"jobId": "x", "reason": "y"})

    assert (reply.status, reply.body, reply.headers["content-length"]) == (200, b"{}", "2")


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/v1/nothing"), ("GET", "/v1/submitjob"), ("POST", "/v1/"), ("GET", "/v1/tags/")],
)
def test_an_unknown_path_is_not_found(script_server: LocalBatch, method: str, path: str) -> None:
    assert send(script_server.url, method, path).status == 404


def test_null_members_count_as_absent(script_server: LocalBatch) -> None:
    assert call(script_server.url, "DescribeJobQueues", {"maxResults": None}).status == 200


def test_a_missing_member_is_named(script_server: LocalBatch) -> None:
    reply = call(script_server.url, "SubmitJob", {"jobName": "a", "jobQueue": "q"})

    assert "'jobDefinition'" in reply.json["message"]


def test_an_unknown_member_is_named_with_its_place(script_server: LocalBatch) -> None:
    params = {"jobName": "a", "jobQueue": "q", "jobDefinition": "d", "containerOverrides": {"cpu": 1}}

    reply = call(script_server.url, "SubmitJob", params)

    assert reply.json["message"] == "Unknown member 'cpu' in SubmitJob.containerOverrides."


def test_an_unimplemented_operation_returns_501_and_is_logged_once(
    empty: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "airflow_batch_provider.local"):
        for _ in range(2):
            with pytest.raises(ClientError, match="ListQuotaShares is not implemented") as refusal:
                empty.batch.list_quota_shares(jobQueue="q")

    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert caplog.text.count("ListQuotaShares") == 1


def test_every_other_operation_of_the_model_is_answered_with_501(script_server: LocalBatch) -> None:
    missing = [name for name in load_service_model().operation_names if name not in OPERATIONS]

    assert {call(script_server.url, name, {}).status for name in missing} == {501}


def test_any_credentials_will_do(script_server: LocalBatch) -> None:
    cloud = Cloud(script_server.url)

    assert cloud.batch.describe_jobs(jobs=[])["jobs"] == []
