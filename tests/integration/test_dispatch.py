"""Validation that AWS Batch performs only when it places a job, through boto3."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from airflow_batch_provider.local.options import Options
from airflow_batch_provider.local.server import LocalBatch
from tests.integration.cloud import Cloud
from tests.integration.wire import send

NOT_ENOUGH = "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - "


def test_overrides_that_are_too_long_fail_the_job_not_the_submission(stage: Cloud) -> None:
    overrides = {"environment": [{"name": "LONG", "value": "x" * 8192}]}

    job = stage.run(containerOverrides=overrides)

    assert (job["status"], job["attempts"]) == ("FAILED", [])
    assert job["statusReason"] == "Container Overrides length must be at most 8192"
    assert "startedAt" not in job


def test_more_than_fifty_tags_cannot_be_propagated(stage: Cloud) -> None:
    stage.define("tagged", tags={f"definition-{number}": "" for number in range(26)})
    tags = {f"job-{number}": "" for number in range(25)}

    propagated = stage.run(jobDefinition="tagged", tags=tags, propagateTags=True)
    kept = stage.run(jobDefinition="tagged", tags=tags)

    assert (propagated["status"], kept["status"]) == ("FAILED", "SUCCEEDED")


@pytest.mark.parametrize("requirement", [{"type": "GPU", "value": "2"}, {"type": "MEMORY", "value": "16384"}])
def test_a_job_that_fits_no_instance_type_says_so(stage: Cloud, requirement: dict[str, str]) -> None:
    stage.queue("gpu", stage.environment("gpus", instanceTypes=["g4dn.xlarge"]))
    overrides = {"resourceRequirements": [requirement]}

    waiting = stage.submit(jobQueue="gpu", containerOverrides=overrides)

    assert stage.wait(waiting, "RUNNABLE")
    assert stage.describe(waiting)["statusReason"].startswith(NOT_ENOUGH)


def test_one_gpu_is_there(stage: Cloud) -> None:
    stage.queue("gpu", stage.environment("gpus", instanceTypes=["g4dn.xlarge"]))
    overrides = {"resourceRequirements": [{"type": "GPU", "value": "1"}]}

    assert stage.run(jobQueue="gpu", containerOverrides=overrides)["status"] == "SUCCEEDED"


def test_arns_of_another_region_are_unknown(stage: Cloud) -> None:
    (queue,) = stage.batch.describe_job_queues(jobQueues=["q"])["jobQueues"]
    definition = stage.batch.describe_job_definitions(jobDefinitionName="d")["jobDefinitions"][0]

    with pytest.raises(ClientError, match=r"JobQueue q not found\."):
        stage.submit(jobQueue=queue["jobQueueArn"].replace(stage.region, "eu-north-1"))
    with pytest.raises(ClientError, match="is not in ACTIVE status"):
        stage.submit(jobDefinition=definition["jobDefinitionArn"].replace(stage.region, "eu-north-1"))


@pytest.mark.parametrize(
    ("container", "message"),
    [
        ({"image": "x" * 256}, "the maximum is 255"),
        ({"user": "a b"}, "User 'a b' does not match regex"),
        ({"environment": [{"name": "AWS_BATCH_X", "value": "1"}]}, "AWS_BATCH"),
    ],
)
def test_a_container_out_of_bounds_is_refused(
    stage: Cloud, container: dict[str, object], message: str
) -> None:
    with pytest.raises(ClientError, match=message):
        stage.define("x", containerProperties=container)


def test_managed_instances_need_ecs_properties(stage: Cloud) -> None:
    with pytest.raises(ClientError, match="must use ecsProperties"):
        stage.define("x", platformCapabilities=["MANAGED_INSTANCES"])


def test_names_of_definitions_exclude_other_parameters(stage: Cloud) -> None:
    with pytest.raises(ClientError, match="jobDefinitions and status cannot both be set"):
        stage.batch.describe_job_definitions(jobDefinitions=["d:1"], status="ACTIVE")


def test_fifty_queues_and_fifty_compute_environments(empty: Cloud) -> None:
    first = empty.environment("ce-0")
    for number in range(1, 50):
        empty.environment(f"ce-{number}")
    for number in range(50):
        empty.queue(f"q-{number}", first)

    with pytest.raises(ClientError, match="at most 50 compute environments"):
        empty.environment("ce-50")
    with pytest.raises(ClientError, match="at most 50 job queues"):
        empty.queue("q-50", first)


def test_a_queue_has_at_most_three_compute_environments(empty: Cloud) -> None:
    environments = [empty.environment(f"ce-{number}") for number in range(4)]

    with pytest.raises(ClientError, match="1 to 3"):
        empty.queue("q", *environments)


@pytest.mark.parametrize(
    ("operation", "member"),
    [
        ("describe_compute_environments", "computeEnvironments"),
        ("describe_job_queues", "jobQueues"),
        ("describe_job_definitions", "jobDefinitions"),
        ("describe_scheduling_policies", "arns"),
    ],
)
def test_at_most_a_hundred_are_described_by_name(empty: Cloud, operation: str, member: str) -> None:
    with pytest.raises(ClientError, match=r"names 101 .*; the maximum is 100"):
        getattr(empty.batch, operation)(**{member: ["x:1"] * 101})


def test_an_inactive_definition_is_deleted_after_180_days() -> None:
    with LocalBatch.start(Options(runner="script", control=True)) as local:
        cloud = Cloud(local.url)
        arn = cloud.define("old")
        cloud.batch.deregister_job_definition(jobDefinition=arn)
        found = []
        for days in (180, 1):
            body = json.dumps({"advance_seconds": days * 24 * 3600 - 60}).encode()
            assert send(local.url, "POST", "/_local/clock", body).status == 200
            found.append(cloud.batch.describe_job_definitions(jobDefinitions=[arn])["jobDefinitions"])
            listed = cloud.batch.describe_job_definitions(jobDefinitionName="old")["jobDefinitions"]

        new = cloud.define("old")

    assert [len(each) for each in found] == [1, 0]
    assert listed == []
    assert new.endswith(":2")
