"""Section 8: logs."""

import re

import pytest

from tests.integration.cloud import Cloud, eventually
from tests.integration.scripts import scripted

conformance = pytest.mark.conformance


@conformance("C8.20", "C8.25")
def test_a_stream_is_named_after_definition_and_task(stage: Cloud) -> None:
    job = stage.run(containerOverrides=scripted({"log": ["hello"]}))
    task_arn, stream = job["container"]["taskArn"], job["container"]["logStreamName"]

    assert re.fullmatch(
        rf"arn:aws:ecs:{stage.region}:\d{{12}}:task/AWSBatch-ce-[0-9a-f-]{{36}}/[0-9a-f]{{32}}", task_arn
    )
    assert stream == f"d/default/{task_arn.rpartition('/')[2]}"
    assert eventually(lambda: stage.lines(job), "lines") == ["hello"]


@conformance("C8.21", "C8.22")
def test_every_attempt_has_a_stream_that_can_be_read_while_it_runs(cloud: Cloud) -> None:
    job_id = cloud.submit(
        *(
            "bash",
            "-c",
            "echo attempt $AWS_BATCH_JOB_ATTEMPT; sleep $((AWS_BATCH_JOB_ATTEMPT * 60 - 60)); exit 1",
        ),
        retryStrategy={"attempts": 2},
    )

    def look() -> dict[str, object] | None:
        job = cloud.describe(job_id)
        is_second = job["status"] == "RUNNING" and len(job["attempts"]) == 1
        return job if is_second and cloud.lines(job) else None

    job = eventually(look, "lines of the second attempt")
    cloud.batch.terminate_job(jobId=job_id, reason="seen")

    assert cloud.lines(job) == ["attempt 2"]
    assert cloud.lines(job["attempts"][0]) == ["attempt 1"]  # type: ignore[index]


@conformance("C8.23")
def test_logs_do_not_expire(stage: Cloud) -> None:
    job = stage.run(containerOverrides=scripted({"log": ["x"]}))
    eventually(lambda: stage.lines(job), "lines")

    (group,) = stage.logs.describe_log_groups(logGroupNamePrefix="/aws/batch/job")["logGroups"]

    assert "retentionInDays" not in group


@conformance("C8.24")
def test_a_log_configuration_leads_elsewhere(stage: Cloud) -> None:
    options = {"awslogs-group": "mine", "awslogs-stream-prefix": "prefix"}
    stage.logs.create_log_group(logGroupName="mine")
    stage.define(
        "logging", containerProperties={"logConfiguration": {"logDriver": "awslogs", "options": options}}
    )

    job = stage.run(jobDefinition="logging", containerOverrides=scripted({"log": ["hello"]}))
    stream = job["container"]["logStreamName"]

    def look() -> list[str]:
        events = stage.logs.get_log_events(logGroupName="mine", logStreamName=stream)["events"]
        return [event["message"] for event in events]

    assert stream.startswith("prefix/default/")
    assert eventually(look, "lines in the other group") == ["hello"]
