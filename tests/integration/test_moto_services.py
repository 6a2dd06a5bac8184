import hashlib
import io
import os
import threading
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud import Cloud


@pytest.fixture
def s3(empty: Cloud) -> Any:
    client = empty.client("s3")
    client.create_bucket(
        Bucket=f"bucket-{empty.region}", CreateBucketConfiguration={"LocationConstraint": empty.region}
    )
    return client


@pytest.fixture
def bucket(empty: Cloud) -> str:
    return f"bucket-{empty.region}"


@pytest.mark.parametrize("size", [0, 1, 1_000_000, 20_000_000])
def test_objects_of_any_size_come_back_as_they_went(s3: Any, bucket: str, size: int) -> None:
    data = os.urandom(size)

    s3.put_object(Bucket=bucket, Key="folder/a name+%.bin", Body=data)
    body = s3.get_object(Bucket=bucket, Key="folder/a name+%.bin")["Body"].read()

    assert hashlib.sha256(body).digest() == hashlib.sha256(data).digest()


def test_a_stream_is_uploaded_in_parts(s3: Any, bucket: str) -> None:
    data = os.urandom(12_000_000)

    s3.upload_fileobj(io.BytesIO(data), bucket, "parts")

    assert s3.get_object(Bucket=bucket, Key="parts")["Body"].read() == data


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA256"])
def test_checksums_in_trailers_are_understood(s3: Any, bucket: str, algorithm: str) -> None:
    s3.put_object(Bucket=bucket, Key="sum", Body=io.BytesIO(b"content"), ChecksumAlgorithm=algorithm)

    answer = s3.get_object(Bucket=bucket, Key="sum", ChecksumMode="ENABLED")

    assert answer["Body"].read() == b"content"
    assert answer[f"Checksum{algorithm}"]


def test_the_head_of_an_object_tells_its_length(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"12345", Metadata={"my_key": "v", "other-key": "w"})

    head = s3.head_object(Bucket=bucket, Key="k")

    assert head["ContentLength"] == 5
    assert head["Metadata"] == {"my_key": "v", "other-key": "w"}


def test_a_part_of_an_object_is_read(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")

    assert s3.get_object(Bucket=bucket, Key="k", Range="bytes=2-4")["Body"].read() == b"234"


def test_a_missing_object_is_reported_as_amazon_does(s3: Any, bucket: str) -> None:
    with pytest.raises(ClientError) as missing:
        s3.get_object(Bucket=bucket, Key="missing")

    assert missing.value.response["Error"]["Code"] == "NoSuchKey"


def test_objects_are_listed_and_deleted(s3: Any, bucket: str) -> None:
    for number in range(3):
        s3.put_object(Bucket=bucket, Key=f"runs/{number}", Body=b"x")
    s3.delete_object(Bucket=bucket, Key="runs/1")

    listed = s3.list_objects_v2(Bucket=bucket, Prefix="runs/")["Contents"]

    assert [item["Key"] for item in listed] == ["runs/0", "runs/2"]


def test_messages_go_from_a_topic_to_a_queue(empty: Cloud) -> None:
    sqs, sns = empty.client("sqs"), empty.client("sns")
    queue = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = sns.create_topic(Name="alerts")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    sns.publish(TopicArn=topic, Message="job failed")

    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert "job failed" in message["Body"]


def test_identity_access_and_events_answer(empty: Cloud) -> None:
    assert empty.client("sts").get_caller_identity()["Account"] == "123456789012"
    assert empty.client("iam").list_roles()["Roles"] is not None
    assert empty.client("events").list_rules()["Rules"] == []


def test_a_long_poll_does_not_block_other_requests(stage: Cloud) -> None:
    sqs = stage.client("sqs")
    queue = sqs.create_queue(QueueName="quiet")["QueueUrl"]
    polls = [
        threading.Thread(target=lambda: sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=2))
        for _ in range(5)
    ]
    for poll in polls:
        poll.start()

    started = time.monotonic()
    stage.run()
    took = time.monotonic() - started

    for poll in polls:
        poll.join()
    assert took < 1
