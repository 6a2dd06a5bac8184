"""Section 0: the protocol."""

import json
from urllib.parse import quote
from uuid import UUID

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from airflow_batch_provider.local.api.operations import OPERATIONS
from tests.integration.cloud import Cloud, eventually
from tests.integration.conformance.director import Director
from tests.integration.wire import Reply, call, send

conformance = pytest.mark.conformance
UNKNOWN_JOB = "11111111-2222-4333-8444-555555555555"


def signed(cloud: Cloud, method: str, path: str, params: object = None) -> Reply:
    """Send raw HTTP to the Region of a cloud."""
    scope = f"any/20260101/{cloud.region}/batch/aws4_request"
    headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"}
    body = b"" if params is None else json.dumps(params).encode()
    return send(cloud.url, method, path, body, headers)


@conformance("C0.01")
@pytest.mark.parametrize("operation", sorted(name for name in OPERATIONS if "tag" not in name.lower()))
def test_an_operation_lives_at_its_name_in_lower_case(stage: Cloud, operation: str) -> None:
    assert signed(stage, "POST", f"/v1/{operation.lower()}", {}).status in (200, 400)


@conformance("C0.02")
def test_tags_live_at_the_encoded_arn(stage: Cloud) -> None:
    arn = stage.batch.submit_job(jobName="job", jobQueue="q", jobDefinition="d")["jobArn"]
    path = f"/v1/tags/{quote(arn, safe='')}"

    signed(stage, "POST", path, {"tags": {"a": "1", "b": "2", "c": "3"}})
    signed(stage, "DELETE", f"{path}?tagKeys=a&tagKeys=b")

    assert signed(stage, "GET", path).json == {"tags": {"c": "3"}}


@conformance("C0.03", "C0.12")
def test_answers_are_json_with_a_request_id(stage: Cloud) -> None:
    reply = signed(stage, "POST", "/v1/describejobqueues", {})

    assert reply.headers["content-type"] == "application/json"
    assert UUID(reply.headers["x-amzn-requestid"])
    assert [queue["jobQueueName"] for queue in reply.json["jobQueues"]] == ["q"]


def are_valid(cloud: Cloud) -> bool:
    resources = cloud.batch.describe_job_queues()["jobQueues"]
    resources += cloud.batch.describe_compute_environments()["computeEnvironments"]
    return {resource["status"] for resource in resources} == {"VALID"}


@conformance("C0.04")
@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("CancelJob", {"jobId": UNKNOWN_JOB, "reason": "x"}),
        ("TerminateJob", {"jobId": UNKNOWN_JOB, "reason": "x"}),
        ("DeregisterJobDefinition", {"jobDefinition": "d:1"}),
        ("DeleteJobQueue", {"jobQueue": "idle"}),
        ("DeleteComputeEnvironment", {"computeEnvironment": "idle"}),
    ],
)
def test_an_operation_without_a_result_answers_an_empty_object(
    stage: Cloud, operation: str, params: dict[str, str]
) -> None:
    stage.environment("idle")
    stage.batch.update_compute_environment(computeEnvironment="idle", state="DISABLED")
    order = [{"order": 1, "computeEnvironment": "ce"}]
    stage.batch.create_job_queue(
        jobQueueName="idle", priority=1, state="DISABLED", computeEnvironmentOrder=order
    )
    eventually(lambda: are_valid(stage), "all are VALID")

    reply = signed(stage, "POST", f"/v1/{operation.lower()}", params)

    assert (reply.status, reply.body, reply.headers["content-length"]) == (200, b"{}", "2")


@conformance("C0.04")
def test_setting_and_removing_tags_answers_an_empty_object(stage: Cloud) -> None:
    arn = stage.batch.submit_job(jobName="job", jobQueue="q", jobDefinition="d")["jobArn"]
    path = f"/v1/tags/{quote(arn, safe='')}"

    replies = [
        signed(stage, "POST", path, {"tags": {"a": "1"}}),
        signed(stage, "DELETE", f"{path}?tagKeys=a"),
    ]

    assert [(reply.status, reply.body) for reply in replies] == [(200, b"{}")] * 2


@conformance("C0.05")
def test_timestamps_are_whole_milliseconds(stage: Cloud) -> None:
    job_id = stage.run()["jobId"]

    (job,) = signed(stage, "POST", "/v1/describejobs", {"jobs": [job_id]}).json["jobs"]

    moments = [job["createdAt"], job["startedAt"], job["stoppedAt"], job["attempts"][0]["startedAt"]]
    assert all(type(moment) is int and moment > 1_600_000_000_000 for moment in moments)


@conformance("C0.06", "C0.07")
def test_a_refusal_is_a_client_exception_with_a_message(stage: Cloud) -> None:
    reply = signed(stage, "POST", "/v1/submitjob", {"jobName": "a", "jobQueue": "no", "jobDefinition": "d"})

    assert reply.status == 400
    assert reply.headers["x-amzn-errortype"] == "ClientException"
    assert reply.json["message"] == "JobQueue no not found."
    with pytest.raises(ClientError) as refusal:
        stage.submit(jobQueue="no")
    assert refusal.value.response["Error"]["Code"] == "ClientException"


@conformance("C0.08")
def test_a_failure_of_the_service_is_a_500(stage: Cloud, director: Director) -> None:
    director.inject_fault(operation="DescribeJobs", kind="error")

    with pytest.raises(ClientError) as failure:
        stage.batch.describe_jobs(jobs=[])

    assert failure.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert failure.value.response["Error"]["Message"]


@conformance("C0.09")
def test_throttling_is_a_429_with_amazons_words(stage: Cloud, director: Director) -> None:
    director.inject_fault(operation="DescribeJobs", kind="throttle")

    with pytest.raises(ClientError) as failure:
        stage.batch.describe_jobs(jobs=[])

    assert failure.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert failure.value.response["Error"] == {
        "Code": "TooManyRequestsException",
        "Message": "Too Many Requests",
    }


@conformance("C0.10")
def test_messages_come_bare_or_wrapped(stage: Cloud) -> None:
    bare = signed(stage, "POST", "/v1/submitjob", {"jobName": "a", "jobQueue": "no", "jobDefinition": "d"})
    wrapped = signed(stage, "POST", "/v1/describejobs", {"jobs": ["x"] * 101})

    assert bare.json["message"] == "JobQueue no not found."
    start, end = "Error executing request, Exception : ", ", RequestId: "
    assert wrapped.json["message"].startswith(f"{start}Maximum number of jobs supported is  100 .{end}")
    assert UUID(wrapped.json["message"].rpartition(end)[2])


@conformance("C0.11")
def test_the_same_submission_twice_makes_two_jobs(stage: Cloud, director: Director) -> None:
    director.inject_fault(operation="SubmitJob", kind="drop", phase="after")
    with pytest.raises(ConnectionClosedError):
        stage.submit(jobName="twice")

    stage.submit(jobName="twice")

    filters = [{"name": "JOB_NAME", "values": ["twice"]}]
    assert len(stage.batch.list_jobs(jobQueue="q", filters=filters)["jobSummaryList"]) == 2


@conformance("C0.13")
def test_a_client_without_a_signature_is_answered_too(stage: Cloud) -> None:
    assert call(stage.url, "DescribeJobs", {"jobs": []}).json == {"jobs": []}
