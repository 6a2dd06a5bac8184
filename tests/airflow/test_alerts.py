"""A failed job sends one alert to an SNS topic, with reason, run and log, read from an SQS queue."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.account import aws_client
from harness.airflow_processes import AirflowProcesses
from harness.local_batch import LocalBatchProcess
from tests.airflow.deadline import eventually
from tests.airflow.runs import RunUnderTest

TOPIC = "batch-failures"


@pytest.fixture(scope="module")
def inbox(local_batch: LocalBatchProcess) -> str:
    """The URL of an SQS queue that is subscribed to the topic."""
    sns, sqs = (aws_client(service, local_batch.url) for service in ("sns", "sqs"))
    topic = sns.create_topic(Name=TOPIC)["TopicArn"]
    url: str = sqs.create_queue(QueueName=TOPIC)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    assert topic == "arn:aws:sns:eu-west-1:123456789012:batch-failures"
    return url


@pytest.fixture(scope="module")
def run(airflow: AirflowProcesses, local_batch: LocalBatchProcess, inbox: str) -> RunUnderTest:
    assert inbox
    airflow.api.wait_for_dag("alerting")
    run = RunUnderTest(airflow.api, local_batch.url, airflow.api.trigger("alerting"))
    assert run.wait() == "failed"
    return run


@pytest.fixture(scope="module")
def alerts(run: RunUnderTest, local_batch: LocalBatchProcess, inbox: str) -> list[dict[str, Any]]:
    """The alerts received after the run has ended."""
    assert run
    sqs = aws_client("sqs", local_batch.url)
    received = eventually(
        lambda: sqs.receive_message(QueueUrl=inbox, MaxNumberOfMessages=10).get("Messages", [])
    )
    return [json.loads(message["Body"]) for message in received]


def test_failed_job_sends_one_alert(run: RunUnderTest, alerts: list[dict[str, Any]]) -> None:
    assert run.states == {"submit": "success", "good": "success", "bad": "failed", "never": "upstream_failed"}
    assert [alert["Subject"] for alert in alerts] == ["alerting: job 'bad' failed"]


def test_alert_contains_job_reason_run_and_log_links(
    airflow: AirflowProcesses, run: RunUnderTest, alerts: list[dict[str, Any]]
) -> None:
    message = alerts[0]["Message"]

    facts = dict(line.split(": ", 1) for line in message.splitlines() if ": " in line)
    assert message.startswith("Job 'bad' of workflow 'alerting' failed.")
    assert "exit code 3" in message
    assert "there is no price" in message
    assert facts["Run"] == run.run.run_id
    assert facts["AWS Batch job"] == run.xcom("bad", "job_id")
    assert facts["Task log"].startswith(f"{airflow.url}/dags/alerting/runs/")
    assert facts["Batch job log"] == run.links("bad")["Batch job log"]
