"""Job definitions and jobs for Fargate, through boto3."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud import Cloud

ROLE = {"executionRoleArn": "arn:aws:iam::123456789012:role/execution"}


def resources(vcpus: str, memory: str, **more: str) -> dict[str, Any]:
    wanted = {"VCPU": vcpus, "MEMORY": memory, **more}
    return {"resourceRequirements": [{"type": kind, "value": value} for kind, value in wanted.items()]}


@pytest.fixture
def fargate(stage: Cloud) -> Cloud:
    """A Region with queue ``fargate`` and definition ``small``."""
    stage.queue("fargate", stage.environment("serverless", type="FARGATE", subnets=["s"]))
    stage.define(
        "small", platformCapabilities=["FARGATE"], containerProperties={**ROLE, **resources("0.25", "512")}
    )
    return stage


def test_a_quarter_of_a_vcpu_is_enough_for_a_job(fargate: Cloud) -> None:
    job = fargate.run(jobQueue="fargate", jobDefinition="small")

    assert (job["status"], job["platformCapabilities"]) == ("SUCCEEDED", ["FARGATE"])


def test_the_queue_must_be_of_the_kind_of_the_definition(fargate: Cloud) -> None:
    with pytest.raises(ClientError, match=r"can not run Jobs with capability FARGATE$"):
        fargate.submit(jobDefinition="small")
    with pytest.raises(ClientError, match=r"can not run Jobs with capability EC2$"):
        fargate.submit(jobQueue="fargate")


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (resources("1", "4000"), r"Fargate resource requirements \(1\.00 vCPU, 4000 MiB\) not valid\."),
        ({"vcpus": 1}, "vcpus is not applicable for Fargate. Use resource requirements instead."),
        ({"memory": 512}, "memory is not applicable for Fargate. Use resource requirements instead."),
    ],
)
def test_an_override_must_fit_fargate(fargate: Cloud, overrides: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        fargate.submit(jobQueue="fargate", jobDefinition="small", containerOverrides=overrides)


@pytest.mark.parametrize(
    ("container", "message"),
    [
        (resources("1", "4000"), r"\(1\.00 vCPU, 4000 MiB\) not valid\."),
        ({"vcpus": 1}, "vcpus is not applicable for Fargate. Use resource requirements instead."),
        ({"executionRoleArn": ""}, "executionRoleArn is required"),
        ({"privileged": True}, "privileged is not applicable"),
        ({"ulimits": [{"name": "nofile", "hardLimit": 1, "softLimit": 1}]}, "ulimits is not applicable"),
        ({"instanceType": "m5.large"}, "instanceType is not applicable"),
        (resources("1", "2048", GPU="1"), "GPU is not applicable"),
        ({"linuxParameters": {"sharedMemorySize": 64}}, "sharedMemorySize is not applicable"),
        ({"volumes": [{"name": "v", "host": {"sourcePath": "/data"}}]}, "host volume is not applicable"),
        ({"logConfiguration": {"logDriver": "syslog"}}, "Log driver syslog is not applicable"),
        ({"ephemeralStorage": {"sizeInGiB": 20}}, "21 to 200"),
    ],
)
def test_members_that_fargate_does_not_support_are_rejected(
    empty: Cloud, container: dict[str, Any], message: str
) -> None:
    container = {**ROLE, **resources("1", "2048"), **container}

    with pytest.raises(ClientError, match=message):
        empty.define(platformCapabilities=["FARGATE"], containerProperties=container)


@pytest.mark.parametrize(
    "container",
    [
        {"networkConfiguration": {"assignPublicIp": "ENABLED"}},
        {"fargatePlatformConfiguration": {"platformVersion": "LATEST"}},
    ],
)
def test_members_that_only_fargate_supports_are_rejected_on_ec2(
    empty: Cloud, container: dict[str, Any]
) -> None:
    with pytest.raises(ClientError, match=rf"{next(iter(container))} not applicable for EC2\."):
        empty.define(containerProperties=container)
