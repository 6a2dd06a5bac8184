"""Section 8: EventBridge events."""

import json
from typing import Any

import pytest

from tests.integration.cloud import Cloud, eventually
from tests.integration.scripts import FOREVER, scripted

conformance = pytest.mark.conformance
PATTERN = {"source": ["aws.batch"], "detail-type": ["Batch Job State Change"]}


class Mailbox:
    """An SQS queue that is the target of a rule for job state changes."""

    def __init__(self, cloud: Cloud, pattern: dict[str, Any]) -> None:
        self._sqs, events = cloud.client("sqs"), cloud.client("events")
        self._url = self._sqs.create_queue(QueueName=f"mail-{cloud.region}")["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        events.put_rule(Name="rule", EventPattern=json.dumps(pattern))
        events.put_targets(Rule="rule", Targets=[{"Id": "1", "Arn": attributes["Attributes"]["QueueArn"]}])
        self._events: list[dict[str, Any]] = []

    def read(self, number: int) -> list[dict[str, Any]]:
        """Wait until this many events have arrived, and return them."""

        def look() -> bool:
            answer = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10)
            for message in answer.get("Messages", []):
                self._events.append(json.loads(message["Body"]))
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
            return len(self._events) >= number

        eventually(look, f"{number} events")
        return self._events


def mailbox(cloud: Cloud, **detail: list[Any]) -> Mailbox:
    return Mailbox(cloud, {**PATTERN, **({"detail": detail} if detail else {})})


@conformance("C8.01", "C8.02", "C1.02")
def test_every_change_but_the_submission_is_an_event(stage: Cloud) -> None:
    mail = mailbox(stage)

    job = stage.run()
    events = mail.read(4)

    assert [event["detail"]["status"] for event in events] == ["RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]
    assert {event["detail"]["jobId"] for event in events} == {job["jobId"]}


@conformance("C8.12")
def test_a_topic_may_be_the_target(stage: Cloud) -> None:
    sns, sqs, events = (stage.client(service) for service in ("sns", "sqs", "events"))
    topic = sns.create_topic(Name=f"topic-{stage.region}")["TopicArn"]
    url = sqs.create_queue(QueueName=f"subscriber-{stage.region}")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=attributes["QueueArn"])
    events.put_rule(Name="rule", EventPattern=json.dumps({**PATTERN, "detail": {"status": ["SUCCEEDED"]}}))
    events.put_targets(Rule="rule", Targets=[{"Id": "1", "Arn": topic}])

    job_id = stage.run()["jobId"]
    (message,) = eventually(lambda: sqs.receive_message(QueueUrl=url).get("Messages"), "a notification")

    notification = json.loads(message["Body"])
    assert notification["TopicArn"] == topic
    assert json.loads(notification["Message"])["detail"]["jobId"] == job_id


@conformance("C8.03")
def test_an_event_has_a_complete_envelope(stage: Cloud) -> None:
    mail = mailbox(stage)

    job = stage.run()
    event = mail.read(1)[0]

    assert event.keys() == {
        *("version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail")
    }
    assert (event["version"], event["source"], event["detail-type"]) == (
        "0",
        "aws.batch",
        "Batch Job State Change",
    )
    assert (event["account"], event["region"]) == ("123456789012", stage.region)
    assert event["resources"] == [job["jobArn"]]
    assert len(event["time"]) == len("2022-01-11T23:36:40Z")


@conformance("C8.04", "C1.22")
def test_a_runnable_job_is_told_as_in_amazons_example(stage: Cloud) -> None:
    mail = mailbox(stage, status=["RUNNABLE"])

    stage.submit(retryStrategy={"attempts": 2})
    detail = mail.read(1)[0]["detail"]

    assert detail.keys() == {
        *("jobArn", "jobName", "jobId", "jobQueue", "status", "attempts", "createdAt", "retryStrategy"),
        *("dependsOn", "jobDefinition", "parameters", "container", "propagateTags", "platformCapabilities"),
    }
    assert (detail["attempts"], detail["dependsOn"], detail["parameters"]) == ([], [], {})
    assert detail["retryStrategy"] == {"attempts": 2, "evaluateOnExit": []}


@conformance("C8.05")
def test_the_end_of_a_job_is_told_with_how_it_went(stage: Cloud) -> None:
    mail = mailbox(stage, status=["FAILED"])

    job = stage.run(containerOverrides=scripted({"exit_code": 3}), timeout={"attemptDurationSeconds": 60})
    detail = mail.read(1)[0]["detail"]

    for member in ("attempts", "statusReason", "startedAt", "stoppedAt", "timeout"):
        assert detail[member] == job[member]
    for member in ("exitCode", "taskArn", "containerInstanceArn", "logStreamName"):
        assert detail["container"][member] == job["container"][member]


@conformance("C8.06", "C8.07", "C2.03")
def test_children_and_their_array_have_events_of_their_own(stage: Cloud) -> None:
    mail = mailbox(stage)

    array = stage.submit(arrayProperties={"size": 2})
    stage.wait(array)
    events = {(event["detail"]["jobId"], event["detail"]["status"]): event for event in mail.read(10)}

    child, parent = events[f"{array}:1", "SUCCEEDED"], events[array, "SUCCEEDED"]
    assert child["resources"][0].endswith(f":job/{array}:1")
    assert child["detail"]["arrayProperties"] == {"index": 1, "statusSummary": {}}
    assert parent["detail"]["arrayProperties"]["size"] == 2
    assert [status for job_id, status in events if job_id == array] == ["PENDING", "SUCCEEDED"]


@conformance("C8.08")
def test_a_rule_may_ask_for_failures_of_one_queue(stage: Cloud) -> None:
    other = stage.queue("other", "ce")
    mail = mailbox(stage, status=["FAILED"], jobQueue=[other])
    failing = scripted({"exit_code": 1})

    stage.run(containerOverrides=failing)
    stage.run(jobQueue="other")
    job = stage.run(jobQueue="other", containerOverrides=failing)

    assert [event["detail"]["jobId"] for event in mail.read(1)] == [job["jobId"]]


@conformance("C8.09")
def test_a_retry_is_told_with_the_attempt_that_failed(stage: Cloud) -> None:
    mail = mailbox(stage, status=["RUNNABLE"])

    stage.run(retryStrategy={"attempts": 2}, containerOverrides=scripted({"attempt": 1, "exit_code": 1}))
    first, second = mail.read(2)

    assert [len(event["detail"]["attempts"]) for event in (first, second)] == [0, 1]


@conformance("C8.10")
def test_a_job_ended_on_request_is_told_with_the_callers_words(stage: Cloud) -> None:
    mail = mailbox(stage, status=["FAILED"])
    job_id = stage.submit(containerOverrides=FOREVER)
    stage.wait(job_id, "RUNNING")

    stage.batch.terminate_job(jobId=job_id, reason="Operator cancelled")

    assert mail.read(1)[0]["detail"]["statusReason"] == "Operator cancelled"


@conformance("C8.11")
def test_a_blocked_queue_is_an_event_with_job_and_queue(stage: Cloud) -> None:
    small = stage.queue("small", stage.environment("small", vcpus=1))
    mail = Mailbox(stage, {"source": ["aws.batch"], "detail-type": ["Batch Job Queue Blocked"]})

    needs = {"resourceRequirements": [{"type": "VCPU", "value": "2"}]}
    job_id = stage.submit(jobQueue="small", containerOverrides=needs)
    (event,) = mail.read(1)

    assert event["resources"] == [stage.describe(job_id)["jobArn"], small]
    assert event["detail"]["status"] == "RUNNABLE"
    assert event["detail"]["statusReason"] == stage.describe(job_id)["statusReason"]
