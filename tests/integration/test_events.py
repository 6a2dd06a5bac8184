import json
import threading
from typing import Any

import pytest

from airflow_batch_provider.local.events import publisher
from airflow_batch_provider.local.events.delivery import Delivery
from airflow_batch_provider.local.options import Options
from airflow_batch_provider.local.server import LocalBatch
from tests.integration.cloud import Cloud, eventually
from tests.integration.scripts import FOREVER, scripted

STATE_CHANGE = {"source": ["aws.batch"], "detail-type": ["Batch Job State Change"]}
RUNNABLE_DETAIL = {
    *("jobArn", "jobName", "jobId", "jobQueue", "status", "attempts", "createdAt", "retryStrategy"),
    *("dependsOn", "jobDefinition", "parameters", "container", "propagateTags", "platformCapabilities"),
}
RUNNABLE_CONTAINER = {
    *("image", "command", "volumes", "environment", "mountPoints", "ulimits", "networkInterfaces"),
    *("resourceRequirements", "secrets"),
}
"""The keys of AWS's example of a RUNNABLE job's event."""


class Mailbox:
    """An SQS queue, and the messages read from it so far."""

    def __init__(self, cloud: Cloud, name: str) -> None:
        self._sqs = cloud.client("sqs")
        self.url = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])
        self.arn = attributes["Attributes"]["QueueArn"]
        self.bodies: list[str] = []

    @property
    def waiting(self) -> int:
        """The number of messages that have arrived and have not been read."""
        name = "ApproximateNumberOfMessages"
        answer = self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=[name])
        return int(answer["Attributes"][name])

    def read(self, count: int) -> list[Any]:
        """Wait until this many messages have arrived, and return them parsed."""

        def look() -> bool:
            answer = self._sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10)
            for message in answer.get("Messages", []):
                self.bodies.append(message["Body"])
                self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
            return len(self.bodies) >= count

        eventually(look, f"{count} messages")
        return [json.loads(body) for body in self.bodies]


class Bus:
    """The default event bus of a Region."""

    def __init__(self, cloud: Cloud) -> None:
        self.events = cloud.client("events")
        self._cloud = cloud

    def rule(self, target: str, detail: Any = None, name: str = "rule", **more: Any) -> None:
        pattern = {**STATE_CHANGE, **({} if detail is None else {"detail": detail})}
        self.events.put_rule(Name=name, EventPattern=json.dumps(pattern), State=more.pop("State", "ENABLED"))
        self.events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": target, **more}])

    def mailbox(self, detail: Any = None, name: str = "mail", **more: Any) -> Mailbox:
        mailbox = Mailbox(self._cloud, f"{name}-{self._cloud.region}")
        self.rule(mailbox.arn, detail, name, **more)
        return mailbox


@pytest.fixture
def bus(stage: Cloud) -> Bus:
    return Bus(stage)


def statuses(events: list[Any]) -> list[str]:
    return [event["detail"]["status"] for event in events]


def test_every_change_but_the_submission_is_an_event_in_order(stage: Cloud, bus: Bus) -> None:
    mailbox = bus.mailbox()

    stage.run()

    assert statuses(mailbox.read(4)) == ["RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]


def test_the_envelope_is_that_of_aws(stage: Cloud, bus: Bus) -> None:
    mailbox = bus.mailbox()

    job = stage.run()
    event = mailbox.read(1)[0]

    assert set(event) == {
        *("version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail")
    }
    assert (event["version"], event["source"], event["account"]) == ("0", "aws.batch", "123456789012")
    assert event["region"] == stage.region
    assert event["resources"] == [job["jobArn"]]
    assert event["time"].endswith("Z")


def test_the_detail_of_a_runnable_job_has_the_keys_of_aws_example(stage: Cloud, bus: Bus) -> None:
    mailbox = bus.mailbox({"status": ["RUNNABLE"]})

    stage.submit(retryStrategy={"attempts": 2})
    (event,) = mailbox.read(1)

    assert set(event["detail"]) == RUNNABLE_DETAIL
    assert set(event["detail"]["container"]) == RUNNABLE_CONTAINER
    assert event["detail"]["retryStrategy"] == {"attempts": 2, "evaluateOnExit": []}


def test_the_last_event_tells_how_the_job_ended(stage: Cloud, bus: Bus) -> None:
    mailbox = bus.mailbox({"status": ["FAILED"]})

    job = stage.run(containerOverrides=scripted({"exit_code": 3}), timeout={"attemptDurationSeconds": 60})
    (event,) = mailbox.read(1)
    detail = event["detail"]

    assert detail["statusReason"] == "Essential container in task exited"
    assert detail["container"]["exitCode"] == 3
    assert detail["timeout"] == {"attemptDurationSeconds": 60}
    for member in ("startedAt", "stoppedAt", "createdAt", "attempts"):
        assert detail[member] == job[member]
    for member in ("taskArn", "containerInstanceArn", "logStreamName"):
        assert detail["container"][member] == job["container"][member]


def test_events_contain_the_tags_of_the_job(stage: Cloud, bus: Bus) -> None:
    mailbox = bus.mailbox({"tags": {"team": ["risk"]}})

    stage.submit(tags={"team": "other"})
    stage.submit(tags={"team": "risk"})

    assert mailbox.read(4)[0]["detail"]["tags"] == {"team": "risk"}


def test_only_failures_are_delivered_where_only_they_are_asked_for(stage: Cloud, bus: Bus) -> None:
    mailbox = bus.mailbox({"status": ["FAILED"]})

    stage.run(jobName="fine")
    stage.run(jobName="broken", containerOverrides=scripted({"exit_code": 1}))

    assert [event["detail"]["jobName"] for event in mailbox.read(1)] == ["broken"]


def test_a_rule_can_ask_for_one_job_queue(stage: Cloud, bus: Bus) -> None:
    other = stage.queue("other", stage.environment("second"))
    mailbox = bus.mailbox({"jobQueue": [other], "status": ["SUCCEEDED"]})

    stage.run()
    stage.run(jobQueue="other")

    assert [event["detail"]["jobQueue"] for event in mailbox.read(1)] == [other]


def test_children_and_their_parent_have_events_of_their_own(stage: Cloud, bus: Bus) -> None:
    mailbox = bus.mailbox({"status": ["SUCCEEDED"]})

    array = stage.submit(arrayProperties={"size": 3})
    events = mailbox.read(4)

    assert [event["detail"]["jobId"] for event in events] == [f"{array}:0", f"{array}:1", f"{array}:2", array]
    assert events[1]["resources"][0].endswith(f":job/{array}:1")
    assert events[1]["detail"]["arrayProperties"] == {"index": 1, "statusSummary": {}}
    assert events[3]["detail"]["arrayProperties"]["size"] == 3
    assert events[3]["detail"]["arrayProperties"]["statusSummary"]["SUCCEEDED"] == 3


def test_parents_alone_can_be_asked_for(stage: Cloud, bus: Bus) -> None:
    mailbox = bus.mailbox({"arrayProperties": {"index": [{"exists": False}], "size": [{"exists": True}]}})

    stage.submit(arrayProperties={"size": 2})

    assert statuses(mailbox.read(2)) == ["PENDING", "SUCCEEDED"]


def test_a_topic_passes_events_on_in_its_envelope_or_raw(stage: Cloud, bus: Bus) -> None:
    sns = stage.client("sns")
    topic = sns.create_topic(Name="topic")["TopicArn"]
    wrapped = Mailbox(stage, f"wrapped-{stage.region}")
    raw = Mailbox(stage, f"raw-{stage.region}")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=wrapped.arn)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=raw.arn, Attributes={"RawMessageDelivery": "true"})
    bus.rule(topic, {"status": ["SUCCEEDED"]})

    job = stage.run()
    (notification,), (event,) = wrapped.read(1), raw.read(1)

    assert event["detail"]["jobId"] == job["jobId"]
    assert json.loads(notification["Message"]) == event
    assert (notification["Type"], notification["TopicArn"]) == ("Notification", topic)


def test_a_filter_policy_of_a_subscription_is_kept(stage: Cloud, bus: Bus) -> None:
    sns = stage.client("sns")
    topic = sns.create_topic(Name="topic")["TopicArn"]
    mailbox = Mailbox(stage, f"filtered-{stage.region}")
    attributes = {
        "RawMessageDelivery": "true",
        "FilterPolicyScope": "MessageBody",
        "FilterPolicy": json.dumps({"detail": {"status": ["RUNNING"]}}),
    }
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=mailbox.arn, Attributes=attributes)
    bus.rule(topic)

    stage.run()

    assert statuses(mailbox.read(1)) == ["RUNNING"]


def test_a_disabled_rule_matches_nothing_until_it_is_enabled(stage: Cloud, bus: Bus) -> None:
    mailbox = bus.mailbox({"status": ["SUCCEEDED"]}, State="DISABLED")

    stage.run(jobName="before")
    bus.events.enable_rule(Name="mail")
    stage.run(jobName="after")

    assert [event["detail"]["jobName"] for event in mailbox.read(1)] == ["after"]


def test_a_rule_that_is_put_again_or_deleted_counts_at_once(stage: Cloud, bus: Bus) -> None:
    mailbox = bus.mailbox({"status": ["RUNNING"]})
    stage.run()
    bus.rule(mailbox.arn, {"status": ["SUCCEEDED"]}, "mail")
    stage.run()
    bus.events.remove_targets(Rule="mail", Ids=["1"])
    stage.run()
    bus.rule(mailbox.arn, {"status": ["STARTING"]}, "mail")
    stage.run()

    assert statuses(mailbox.read(3)) == ["RUNNING", "SUCCEEDED", "STARTING"]


def test_a_pattern_that_is_not_understood_does_no_harm(stage: Cloud, bus: Bus) -> None:
    bus.rule("arn:aws:sqs:x:1:x", {"container": {"image": [{"cidr": "10.0.0.0/8"}]}}, "odd")
    mailbox = bus.mailbox({"status": ["SUCCEEDED"]})

    stage.run()

    assert statuses(mailbox.read(1)) == ["SUCCEEDED"]


def test_targets_that_are_gone_do_no_harm(stage: Cloud, bus: Bus) -> None:
    for number, service in enumerate(("sqs", "sns", "lambda")):
        bus.rule(f"arn:aws:{service}:{stage.region}:123456789012:gone", None, f"gone-{number}")
    mailbox = bus.mailbox({"status": ["SUCCEEDED"]})

    stage.run()

    assert statuses(mailbox.read(1)) == ["SUCCEEDED"]


@pytest.mark.parametrize(
    ("shaping", "expected"),
    [
        ({"Input": '{"fixed": 1}'}, {"fixed": 1}),
        ({"InputPath": "$.detail.status"}, "FAILED"),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {"name": "$.detail.jobName", "code": "$.detail.container.exitCode"},
                    "InputTemplate": '{"text": "<name> ended with <code>", "job": <name>, "code": <code>}',
                }
            },
            {"text": "job ended with 9", "job": "job", "code": 9},
        ),
    ],
)
def test_a_target_gets_the_input_that_it_asks_for(
    stage: Cloud, bus: Bus, shaping: dict[str, Any], expected: Any
) -> None:
    mailbox = bus.mailbox({"status": ["FAILED"]}, **shaping)

    stage.run(containerOverrides=scripted({"exit_code": 9}))

    assert mailbox.read(1) == [expected]


def test_a_job_that_is_terminated_is_an_event(stage: Cloud, bus: Bus) -> None:
    mailbox = bus.mailbox({"status": ["FAILED"]})
    job_id = stage.submit(containerOverrides=FOREVER)
    stage.wait(job_id, "RUNNING")

    stage.batch.terminate_job(jobId=job_id, reason="Operator cancelled")
    (event,) = mailbox.read(1)

    assert event["detail"]["statusReason"] == "Operator cancelled"
    assert event["detail"]["attempts"][0]["statusReason"] == "Operator cancelled"


def test_a_blocked_queue_is_an_event_of_its_own(stage: Cloud, bus: Bus) -> None:
    small = stage.queue("small", stage.environment("small", vcpus=1))
    mailbox = Mailbox(stage, f"blocked-{stage.region}")
    pattern = {"source": ["aws.batch"], "detail-type": ["Batch Job Queue Blocked"]}
    bus.events.put_rule(Name="blocked", EventPattern=json.dumps(pattern))
    bus.events.put_targets(Rule="blocked", Targets=[{"Id": "1", "Arn": mailbox.arn}])

    large = {"resourceRequirements": [{"type": "VCPU", "value": "2"}]}
    job_id = stage.submit(jobQueue="small", containerOverrides=large)
    (event,) = mailbox.read(1)

    assert event["resources"] == [stage.describe(job_id)["jobArn"], small]
    assert event["detail"]["status"] == "RUNNABLE"
    assert event["detail"]["statusReason"].startswith("MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE")


def test_jobs_wait_for_a_delivery_that_cannot_keep_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the 16 children that fit at first run before the events have been delivered."""
    may_deliver, deliver = threading.Event(), Delivery.deliver

    def deliver_when_allowed(self: Delivery, target: Any, text: str) -> None:
        may_deliver.wait(120)
        deliver(self, target, text)

    monkeypatch.setattr(publisher, "MAX_QUEUED_EVENTS", 10)
    monkeypatch.setattr(Delivery, "deliver", deliver_when_allowed)
    with LocalBatch.start(Options(runner="script")) as local:
        cloud = Cloud(local.url)
        cloud.set_up()
        mailbox = Bus(cloud).mailbox()
        array = cloud.submit(arrayProperties={"size": 60})
        eventually(lambda: cloud.describe(array)["arrayProperties"]["statusSummary"]["RUNNABLE"], "a child")
        seen = [cloud.describe(array)["arrayProperties"]["statusSummary"] for _ in range(50)]
        may_deliver.set()
        job = cloud.wait(array)
        eventually(lambda: mailbox.waiting == 4 * 60 + 2, "all events")

    assert seen[-1]["SUCCEEDED"] < 60
    assert job["status"] == "SUCCEEDED"
