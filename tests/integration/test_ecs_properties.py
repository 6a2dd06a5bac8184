"""Job definitions with ``ecsProperties``, through boto3."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud import Cloud
from tests.integration.ecs import SIZE, container, register
from tests.integration.scripts import scripted


def test_a_task_of_several_containers_is_described(empty: Cloud) -> None:
    sidecar = container("sidecar", essential=False)
    main = container(dependsOn=[{"containerName": "sidecar", "condition": "START"}])
    register(empty, main, sidecar, task={"taskRoleArn": "arn:aws:iam::123456789012:role/task"})

    (definition,) = empty.batch.describe_job_definitions(jobDefinitionName="ecs")["jobDefinitions"]

    (task,) = definition["ecsProperties"]["taskProperties"]
    assert "containerProperties" not in definition
    assert task["taskRoleArn"] == "arn:aws:iam::123456789012:role/task"
    assert [each["name"] for each in task["containers"]] == ["main", "sidecar"]
    assert task["containers"][0]["dependsOn"] == main["dependsOn"]
    assert task["containers"][1]["mountPoints"] == []


def test_a_job_of_one_container_runs(stage: Cloud) -> None:
    register(stage, container(command=["echo", "Ref::day"]), parameters={"day": "Monday"})
    variables = [{"name": "MINE", "value": "1"}]
    overrides = {"taskProperties": [{"containers": [{"name": "main", "environment": variables}]}]}

    job = stage.run(jobDefinition="ecs", ecsPropertiesOverride=overrides)

    (task,) = job["ecsProperties"]["taskProperties"]
    (shown,) = task["containers"]
    assert (job["status"], job["container"]) == ("SUCCEEDED", {})
    assert (shown["name"], shown["command"], shown["exitCode"]) == ("main", ["echo", "Monday"], 0)
    assert shown["environment"] == variables
    assert shown["logStreamName"].startswith("ecs/main/")
    assert task["taskArn"].startswith("arn:aws:ecs:")


def test_its_attempts_show_the_task(stage: Cloud) -> None:
    script = scripted({"attempt": 1, "exit_code": 3, "reason": "broken"})
    register(stage, container(**script), retryStrategy={"attempts": 2})

    first, second = stage.run(jobDefinition="ecs")["attempts"]

    (task,) = first["taskProperties"]
    (shown,) = task["containers"]
    assert first["container"] == {}
    assert (shown["name"], shown["exitCode"], shown["reason"]) == ("main", 3, "broken")
    assert second["taskProperties"][0]["containers"][0]["exitCode"] == 0


def test_a_process_of_a_task_runs(cloud: Cloud) -> None:
    register(cloud, container(command=["sh", "-c", "echo $MINE; exit $CODE"]))
    variables = [{"name": "MINE", "value": "hello"}, {"name": "CODE", "value": "4"}]
    overrides = {"taskProperties": [{"containers": [{"environment": variables}]}]}

    job = cloud.run(jobDefinition="ecs", ecsPropertiesOverride=overrides)

    (shown,) = job["ecsProperties"]["taskProperties"][0]["containers"]
    assert (job["status"], shown["exitCode"]) == ("FAILED", 4)
    assert cloud.lines({"container": shown}) == ["hello"]


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (
            {"jobDefinition": "ecs", "containerOverrides": {"command": ["x"]}},
            "containerOverrides does not match",
        ),
        ({"ecsPropertiesOverride": {"taskProperties": []}}, "ecsPropertiesOverride does not match"),
        (
            {
                "jobDefinition": "ecs",
                "ecsPropertiesOverride": {"taskProperties": [{"containers": [{"name": "other"}]}]},
            },
            "refers to container 'other'",
        ),
    ],
)
def test_an_override_must_fit_the_definition(stage: Cloud, request_: dict[str, Any], message: str) -> None:
    register(stage, container())

    with pytest.raises(ClientError, match=message):
        stage.submit(**request_)


@pytest.mark.parametrize(
    ("containers", "message"),
    [
        ([container(), container()], "unique names"),
        ([container(resourceRequirements=SIZE[:1])], "Memory is not provided"),
        ([container(environment=[{"name": "AWS_BATCH_X"}])], "AWS_BATCH"),
        (
            [container(dependsOn=[{"containerName": "x", "condition": "START"}])],
            "not another container",
        ),
        (
            [container(), container("b", dependsOn=[{"containerName": "main", "condition": "LUNCH"}])],
            "START, COMPLETE, SUCCESS",
        ),
        (
            [
                container("a", dependsOn=[{"containerName": "b", "condition": "START"}]),
                container("b", dependsOn=[{"containerName": "a", "condition": "START"}]),
            ],
            "form a cycle: (a -> b -> a|b -> a -> b)",
        ),
        ([container(startTimeout=1)], "startTimeout is 1 seconds; it must be at least 2"),
        ([container(stopTimeout=1)], "stopTimeout is 1 seconds; it must be at least 2"),
    ],
)
def test_a_task_that_is_not_valid_is_refused(
    empty: Cloud, containers: list[dict[str, Any]], message: str
) -> None:
    with pytest.raises(ClientError, match=message):
        register(empty, *containers)


def test_a_definition_has_one_kind_of_properties(empty: Cloud) -> None:
    properties = {"image": "x", "resourceRequirements": SIZE}

    with pytest.raises(ClientError, match="not containerProperties and ecsProperties"):
        register(empty, container(), containerProperties=properties)
    with pytest.raises(ClientError, match="not ecsProperties and eksProperties"):
        register(empty, container(), eksProperties={"podProperties": {}})


def test_a_task_on_fargate_has_one_of_its_sizes(empty: Cloud) -> None:
    role = {"executionRoleArn": "arn:aws:iam::123456789012:role/execution"}
    large = [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "1536"}]

    with pytest.raises(ClientError, match=r"\(2\.00 vCPU, 3072 MiB\) not valid\."):
        register(
            empty,
            container(resourceRequirements=large),
            container("b", resourceRequirements=large),
            task=role,
            platformCapabilities=["FARGATE"],
        )
    with pytest.raises(ClientError, match="executionRoleArn is required"):
        register(empty, container(), platformCapabilities=["FARGATE"])


def test_managed_instances_are_described(empty: Cloud) -> None:
    register(empty, container(), platformCapabilities=["MANAGED_INSTANCES"])

    (definition,) = empty.batch.describe_job_definitions(jobDefinitionName="ecs")["jobDefinitions"]

    assert definition["platformCapabilities"] == ["MANAGED_INSTANCES"]
