"""Section 10: Fargate and ``ecsProperties``."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration import ecs
from tests.integration.cloud import Cloud

conformance = pytest.mark.conformance
WINDOWS = "WINDOWS_SERVER_2019_CORE"
ROLE = "arn:aws:iam::123456789012:role/x"


def register(cloud: Cloud, vcpu: str = "1", memory: str = "2048", **container: Any) -> Any:
    properties = {
        "image": "x",
        "executionRoleArn": ROLE,
        "resourceRequirements": [{"type": "VCPU", "value": vcpu}, {"type": "MEMORY", "value": memory}],
        **container,
    }
    return cloud.batch.register_job_definition(
        jobDefinitionName="f",
        type="container",
        platformCapabilities=["FARGATE"],
        containerProperties={name: value for name, value in properties.items() if value is not None},
    )


def refused(call: Any, *arguments: Any, **request: Any) -> str:
    with pytest.raises(ClientError) as refusal:
        call(*arguments, **request)
    assert refusal.value.response["Error"]["Code"] == "ClientException"
    return str(refusal.value.response["Error"]["Message"])


@conformance("C10.20", "C4.39")
@pytest.mark.parametrize(
    ("vcpu", "memory"),
    [("0.25", "4096"), ("0.5", "512"), ("1", "4000"), ("3", "8192"), ("8", "17408"), ("16", "8192")],
)
def test_vcpus_and_memory_of_fargate_go_together(empty: Cloud, vcpu: str, memory: str) -> None:
    text = refused(register, empty, vcpu, memory)

    assert f"Fargate resource requirements ({float(vcpu):.2f} vCPU, {memory} MiB) not valid." in text


@conformance("C10.20")
@pytest.mark.parametrize(
    ("vcpu", "memory"),
    [("0.25", "512"), ("0.5", "4096"), ("1", "2048"), ("4", "30720"), ("8", "16384"), ("16", "122880")],
)
def test_vcpus_and_memory_within_the_table_are_taken(empty: Cloud, vcpu: str, memory: str) -> None:
    assert register(empty, vcpu, memory)["revision"] == 1


@conformance("C10.21")
def test_fargate_needs_an_execution_role(empty: Cloud) -> None:
    assert refused(register, empty, executionRoleArn=None)


@conformance("C10.22")
@pytest.mark.parametrize(
    "container",
    [
        {"privileged": True},
        {"ulimits": [{"name": "nofile", "hardLimit": 1, "softLimit": 1}]},
        {"instanceType": "m5.large"},
        {"linuxParameters": {"sharedMemorySize": 64}},
        {"linuxParameters": {"devices": [{"hostPath": "/dev/x"}]}},
        {"linuxParameters": {"maxSwap": 1}},
        {"linuxParameters": {"maxSwap": 0}},
        {"linuxParameters": {"tmpfs": [{"containerPath": "/t", "size": 1}]}},
        {"logConfiguration": {"logDriver": "syslog"}},
        {
            "resourceRequirements": [
                {"type": "VCPU", "value": "1"},
                {"type": "MEMORY", "value": "2048"},
                {"type": "GPU", "value": "1"},
            ]
        },
        {"volumes": [{"name": "v", "host": {"sourcePath": "/x"}}]},
        {"ephemeralStorage": {"sizeInGiB": 20}},
        {"ephemeralStorage": {"sizeInGiB": 201}},
    ],
)
def test_members_that_fargate_lacks_are_rejected(empty: Cloud, container: dict[str, Any]) -> None:
    assert refused(register, empty, **container)


@conformance("C10.22")
@pytest.mark.parametrize(
    "container",
    [
        {"ephemeralStorage": {"sizeInGiB": 21}},
        {"ephemeralStorage": {"sizeInGiB": 200}},
        {"logConfiguration": {"logDriver": "splunk"}},
        {"networkConfiguration": {"assignPublicIp": "ENABLED"}},
        {"fargatePlatformConfiguration": {"platformVersion": "LATEST"}},
    ],
)
def test_members_that_fargate_has_are_accepted(empty: Cloud, container: dict[str, Any]) -> None:
    assert register(empty, **container)["revision"] == 1


@conformance("C10.36")
def test_managed_instances_need_ecs_properties(empty: Cloud) -> None:
    definition = {
        "jobDefinitionName": "m",
        "type": "container",
        "platformCapabilities": ["MANAGED_INSTANCES"],
    }
    sizes = [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "64"}]
    container = {"name": "main", "image": "x", "resourceRequirements": sizes}
    properties = {"taskProperties": [{"containers": [container]}]}
    plain = {"image": "x", "resourceRequirements": sizes}
    register_definition = empty.batch.register_job_definition

    assert register_definition(**definition, ecsProperties=properties)["revision"] == 1
    assert refused(register_definition, **definition, containerProperties=plain)


@conformance("C10.37")
@pytest.mark.parametrize(
    "container",
    [
        {"runtimePlatform": {"operatingSystemFamily": "MACOS"}},
        {"runtimePlatform": {"cpuArchitecture": "ARM"}},
        {"runtimePlatform": {"operatingSystemFamily": WINDOWS, "cpuArchitecture": "ARM64"}},
        {"runtimePlatform": {"operatingSystemFamily": WINDOWS}, "user": "app"},
        {"runtimePlatform": {"operatingSystemFamily": WINDOWS}, "readonlyRootFilesystem": True},
    ],
)
def test_a_container_matches_its_operating_system(empty: Cloud, container: dict[str, Any]) -> None:
    assert register(empty, runtimePlatform={"operatingSystemFamily": WINDOWS})["revision"] == 1

    assert refused(register, empty, **container)


@conformance("C10.37")
@pytest.mark.parametrize("member", ["ipcMode", "pidMode"])
def test_a_task_has_a_namespace_that_exists(empty: Cloud, member: str) -> None:
    ecs.register(empty, ecs.container(), task={member: "task"})

    assert refused(ecs.register, empty, ecs.container(), task={member: "private"})


@conformance("C10.38")
@pytest.mark.parametrize("swap", [{"swappiness": 101}, {"swappiness": -1}, {"maxSwap": -1}])
def test_swap_has_limits(stage: Cloud, swap: dict[str, int]) -> None:
    stage.define(containerProperties={"linuxParameters": {"swappiness": 100, "maxSwap": 0}})

    assert refused(stage.define, containerProperties={"linuxParameters": swap})


@conformance("C10.23")
@pytest.mark.parametrize(
    "override",
    [{"resourceRequirements": [{"type": "GPU", "value": "1"}]}, {"instanceType": "m5.large"}, {"vcpus": 1}],
)
def test_overrides_use_only_what_fargate_has(empty: Cloud, override: dict[str, Any]) -> None:
    empty.queue("q", empty.environment(type="FARGATE", subnets=["s"], securityGroupIds=["g"]))
    register(empty)

    assert refused(empty.submit, jobDefinition="f", containerOverrides=override)


@conformance("C10.23")
def test_a_fargate_job_runs_on_a_fargate_queue(empty: Cloud) -> None:
    empty.queue("q", empty.environment(type="FARGATE", subnets=["s"], securityGroupIds=["g"]))
    register(empty)

    job = empty.run(jobDefinition="f")

    assert (job["status"], job["platformCapabilities"]) == ("SUCCEEDED", ["FARGATE"])


@conformance("C10.24")
@pytest.mark.parametrize("tasks", [[], [{"containers": [{"image": "x"}]}] * 2])
def test_ecs_properties_have_one_task(empty: Cloud, tasks: list[dict[str, Any]]) -> None:
    register_ecs = empty.batch.register_job_definition

    assert refused(
        register_ecs, jobDefinitionName="e", type="container", ecsProperties={"taskProperties": tasks}
    )
