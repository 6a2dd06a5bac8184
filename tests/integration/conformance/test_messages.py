"""Section 4: messages, exactly."""

import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud import Cloud, eventually
from tests.integration.ecs import container, register

conformance = pytest.mark.conformance
FARGATE = {"type": "FARGATE", "maxvCpus": 4, "subnets": ["s"], "securityGroupIds": ["g"]}


def message(call: Any, **request: Any) -> str:
    with pytest.raises(ClientError) as refusal:
        call(**request)
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return str(refusal.value.response["Error"]["Message"])


def unwrapped(text: str) -> str:
    match = re.fullmatch(r"Error executing request, Exception : (.*), RequestId: [0-9a-f-]{36}", text)
    assert match is not None, text
    return match[1]


@conformance("C4.30")
@pytest.mark.parametrize(
    ("request_", "text"),
    [
        ({"jobQueue": "nowhere"}, "JobQueue nowhere not found."),
        (
            {"jobDefinition": "nothing"},
            "JobDefinition name nothing does not exist or is not in ACTIVE status",
        ),
        (
            {"jobDefinition": "d:latest"},
            "Provided name d:latest is not supported pattern[a-zA-Z_0-9-]{1,128}",
        ),
        (
            {"containerOverrides": {"command": ["Ref::month"]}},
            "Unable to substitute value. No parameter found for reference month",
        ),
        (
            {"shareIdentifier": "a"},
            "Job with shareIdentifier or schedulingPriority can onlybe submitted to job queue"
            " with fair share scheduling policy.",
        ),
    ],
)
def test_a_submission_is_refused_in_amazons_words(stage: Cloud, request_: dict[str, Any], text: str) -> None:
    assert message(stage.submit, **request_) == text


@conformance("C4.41")
@pytest.mark.parametrize(
    ("request_", "text"),
    [
        ({"dependsOn": [{"jobId": "x"}] * 21}, "Job cannot have more than 20 dependencies"),
        ({"parameters": {"x": "y" * 47_500}}, "Job size must be less than 30 KiB, got 47 KiB"),
    ],
)
def test_a_submission_is_refused_in_amazons_wrapped_words(
    stage: Cloud, request_: dict[str, Any], text: str
) -> None:
    assert unwrapped(message(stage.submit, **request_)) == text


@conformance("C4.42")
def test_an_illegal_tag_is_refused_in_amazons_words(stage: Cloud) -> None:
    text = "'2.8.1+mc(0.10.0)' is not a valid value for TagValue - it contains illegal characters"

    assert message(stage.submit, tags={"version": "2.8.1+mc(0.10.0)"}) == text


@conformance("C4.31")
def test_a_job_name_is_refused_in_amazons_words(stage: Cloud) -> None:
    assert unwrapped(message(stage.submit, jobName="a b")) == "Job name should match valid pattern"


@conformance("C4.32")
def test_a_definition_for_ec2_does_not_fit_a_fargate_queue(stage: Cloud) -> None:
    stage.batch.create_compute_environment(
        computeEnvironmentName="fargate", type="MANAGED", computeResources=FARGATE
    )
    stage.queue("fargate", "fargate")

    assert message(stage.submit, jobQueue="fargate") == (
        "Job Queue is attached to Compute Environment that can not run Jobs with capability EC2"
    )


@conformance("C4.33")
@pytest.mark.parametrize(
    ("request_", "text"),
    [
        ({"containerProperties": {"image": "x", "memory": 4}}, "vCPU is not provided."),
        (
            {"containerProperties": {"image": "x", "vcpus": 1, "memory": 512}, "retryStrategy": {}},
            "RetryAttempts must be provided with retry strategy",
        ),
        (
            {
                "containerProperties": {"image": "x", "vcpus": 1, "memory": 512},
                "platformCapabilities": ["FARGATE"],
            },
            "vcpus is not applicable for Fargate. Use resource requirements instead.",
        ),
        (
            {
                "containerProperties": {
                    "image": "x",
                    "vcpus": 1,
                    "memory": 512,
                    "networkConfiguration": {"assignPublicIp": "ENABLED"},
                }
            },
            "networkConfiguration not applicable for EC2.",
        ),
        (
            {"containerProperties": {"image": "x", "vcpus": 1, "memory": 512, "user": "a b"}},
            "User 'a b' does not match regex",
        ),
    ],
)
def test_a_definition_is_refused_in_amazons_words(stage: Cloud, request_: dict[str, Any], text: str) -> None:
    register = stage.batch.register_job_definition

    assert unwrapped(message(register, jobDefinitionName="x", type="container", **request_)) == text


@conformance("C4.34")
def test_a_definition_without_a_name_cannot_be_deregistered(stage: Cloud) -> None:
    deregister = stage.batch.deregister_job_definition

    assert unwrapped(message(deregister, jobDefinition="")) == "Job definition name is required."


@conformance("C4.35")
def test_more_than_a_hundred_ids_are_refused_in_amazons_words(stage: Cloud) -> None:
    text = unwrapped(message(stage.batch.describe_jobs, jobs=["x"] * 101))

    assert text == "Maximum number of jobs supported is  100 ."


@conformance("C4.36")
@pytest.mark.parametrize(
    ("operation", "member", "shown"),
    [
        ("describe_compute_environments", "computeEnvironments", "ComputeEnvironments"),
        ("describe_job_queues", "jobQueues", "JobQueues"),
        ("describe_job_definitions", "jobDefinitions", "JobDefinitions"),
    ],
)
def test_names_and_page_size_exclude_each_other(
    stage: Cloud, operation: str, member: str, shown: str
) -> None:
    describe = getattr(stage.batch, operation)

    text = unwrapped(message(describe, **{member: ["d:1"], "maxResults": 1}))

    assert text == f"{shown} and MaxResults cannot both be set"


@conformance("C4.37", "C5.06")
def test_an_environment_of_a_queue_cannot_be_deleted(stage: Cloud) -> None:
    stage.batch.update_compute_environment(computeEnvironment="ce", state="DISABLED")

    text = message(stage.batch.delete_compute_environment, computeEnvironment="ce")

    assert text == "Cannot delete, found existing JobQueue relationship"


@conformance("C4.40")
def test_a_queue_that_is_being_deleted_cannot_be_deleted(cloud: Cloud) -> None:
    """Its job ignores SIGTERM, and has ten minutes until SIGKILL."""
    stubborn = "trap '' TERM; echo ready; while :; do sleep 0.1; done"
    register(cloud, container(command=["bash", "-c", stubborn], stopTimeout=600))
    job_id = cloud.submit(jobDefinition="ecs")
    cloud.wait(job_id, "RUNNING")
    cloud.batch.update_job_queue(jobQueue="q", state="DISABLED")
    describe = cloud.batch.describe_job_queues
    eventually(lambda: describe(jobQueues=["q"])["jobQueues"][0]["status"] == "VALID", "q is VALID")

    cloud.batch.delete_job_queue(jobQueue="q")
    text = message(cloud.batch.delete_job_queue, jobQueue="q")

    assert text == "Cannot delete, resource is being modified"


@conformance("C4.38")
@pytest.mark.parametrize("member", [{"desiredvCpus": 1}, {"tags": {"a": "b"}}])
def test_members_that_do_not_apply_to_fargate_are_rejected(stage: Cloud, member: dict[str, Any]) -> None:
    create = stage.batch.create_compute_environment

    text = message(create, computeEnvironmentName="f", type="MANAGED", computeResources={**FARGATE, **member})

    assert unwrapped(text) == f"{next(iter(member))} is not applicable for Fargate."
