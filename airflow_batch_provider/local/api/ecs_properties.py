"""
``ecsProperties``: definitions in the form that describes an ECS task and its containers.

All of them can be registered and described; run can be those with one container.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from airflow_batch_provider.local.api import containers, fargate
from airflow_batch_provider.local.api.request import Rules
from airflow_batch_provider.local.errors import ClientException

MAX_CONTAINERS: Final = 10
CONDITIONS: Final = ("START", "COMPLETE", "SUCCESS")
NOT_OF_A_CONTAINER: Final = "volumes"
"""A list that belongs to the task here."""

Task = Mapping[str, Any]


def only_task(properties: Mapping[str, Any]) -> Task:
    """:raises ClientException: unless there is exactly one task, as AWS has it today."""
    tasks: list[Task] = properties["taskProperties"]
    if len(tasks) != 1:
        raise ClientException(f"ecsProperties.taskProperties has {len(tasks)} entries; it must have one.")
    return tasks[0]


def check_task(task: Task, rules: Rules, *, is_fargate: bool) -> None:
    """:raises ClientException: if a task or one of its containers is not valid."""
    members = task["containers"]
    if not 1 <= len(members) <= MAX_CONTAINERS:
        raise ClientException(f"A task has 1 to {MAX_CONTAINERS} containers, not {len(members)}.")
    names = [container.get("name") for container in members]
    if len(members) > 1 and (None in names or len(set(names)) < len(names)):
        raise ClientException("The containers of a task need names of their own.")
    if not any(container.get("essential", True) for container in members):
        raise ClientException("At least one container of a task must be essential.")
    for container in members:
        containers.check_image_and_user(container)
        containers.check_environment(container.get("environment", []), rules)
        _check_order(container, names)
    _check_platform(task, is_fargate=is_fargate)


def find_override(overrides: Mapping[str, Any], container: containers.Container) -> containers.Container:
    """
    Return what a submission changes of the only container of a task.

    :raises ClientException: if it names another container.
    """
    if not overrides.get("taskProperties"):
        return {}
    found: containers.Container = {}
    for override in only_task(overrides).get("containers", []):
        if override.get("name", container.get("name")) != container.get("name"):
            raise ClientException(
                f"ecsPropertiesOverride names container {override['name']!r}, which is unknown."
            )
        found = {member: value for member, value in override.items() if member != "name"}
    return found


def only_container(task: Task) -> containers.Container:
    """:raises ClientException: if a task has several containers."""
    members: list[containers.Container] = task["containers"]
    if len(members) != 1:
        raise ClientException(f"Jobs of {len(members)} containers are not supported locally.")
    return members[0]


def describe_task(task: Task, members: list[containers.Container]) -> dict[str, Any]:
    """Return a task as it is described, with the containers given."""
    shown = [
        {name: value for name, value in container.items() if name != NOT_OF_A_CONTAINER}
        for container in members
    ]
    return {"volumes": [], **task, "containers": shown}


def _check_order(container: containers.Container, names: list[str | None]) -> None:
    for dependency in container.get("dependsOn", []):
        name, condition = dependency.get("containerName"), dependency.get("condition")
        if name not in names or name == container.get("name"):
            raise ClientException(
                f"Container {container.get('name')!r} depends on {name!r}, which is no other one."
            )
        if condition not in CONDITIONS:
            raise ClientException(f"condition is {condition!r}; it must be one of {', '.join(CONDITIONS)}.")


def _check_platform(task: Task, *, is_fargate: bool) -> None:
    if not is_fargate:
        fargate.check_for_ec2(task)
        for container in task["containers"]:
            containers.check_resources(container, is_fargate=False)
        return
    of_task = {
        member: task[member]
        for member in ("executionRoleArn", "ephemeralStorage", "volumes")
        if member in task
    }
    for container in task["containers"]:
        fargate.check_for_fargate({**container, **of_task})
    sizes = [containers.sizes_of(container) for container in task["containers"]]
    fargate.check_sizes(sum(size[0] for size in sizes), sum(size[1] for size in sizes))
