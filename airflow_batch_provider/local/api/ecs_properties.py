"""``ecsProperties``: definitions in the form that describes an ECS task and its containers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from airflow_batch_provider.local.api import containers, fargate
from airflow_batch_provider.local.api.container_order import check_order
from airflow_batch_provider.local.api.request import Rules
from airflow_batch_provider.local.errors import ClientException

MAX_CONTAINERS: Final = 10
LEAST_TIMEOUT_SECONDS: Final = 2
MOST_FARGATE_TIMEOUT_SECONDS: Final = 120
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
        _check_patience(container, is_fargate=is_fargate)
    check_order(members)
    _check_platform(task, is_fargate=is_fargate)


def overrides_by_name(overrides: Mapping[str, Any], task: Task) -> dict[str | None, containers.Container]:
    """
    Return what a submission changes of the containers of a task, by their names.

    :raises ClientException: if it names a container that the task does not have.
    """
    if not overrides.get("taskProperties"):
        return {}
    names = [container.get("name") for container in task["containers"]]
    found: dict[str | None, containers.Container] = {}
    for override in only_task(overrides).get("containers", []):
        name = override.get("name", names[0] if len(names) == 1 else None)
        if name not in names:
            raise ClientException(
                f"ecsPropertiesOverride names container {name!r}; the task has {', '.join(map(str, names))}."
            )
        found[name] = {member: value for member, value in override.items() if member != "name"}
    return found


def describe_task(task: Task, members: Sequence[containers.Container]) -> dict[str, Any]:
    """Return a task as it is described, with the containers given."""
    shown = [
        {name: value for name, value in container.items() if name != NOT_OF_A_CONTAINER}
        for container in members
    ]
    return {"volumes": [], **task, "containers": shown}


def _check_patience(container: containers.Container, *, is_fargate: bool) -> None:
    for member in ("startTimeout", "stopTimeout"):
        seconds = container.get(member)
        if seconds is None:
            continue
        if seconds < LEAST_TIMEOUT_SECONDS or (is_fargate and seconds > MOST_FARGATE_TIMEOUT_SECONDS):
            bounds = f"at least {LEAST_TIMEOUT_SECONDS}"
            bounds += f" and at most {MOST_FARGATE_TIMEOUT_SECONDS}" if is_fargate else ""
            raise ClientException(f"{member} is {seconds} seconds; it must be {bounds}.")


def _check_platform(task: Task, *, is_fargate: bool) -> None:
    if not is_fargate:
        fargate.check_for_ec2(task)
        for container in task["containers"]:
            containers.check_resources(container)
        return
    of_task = {
        member: task[member]
        for member in ("executionRoleArn", "ephemeralStorage", "volumes")
        if member in task
    }
    for container in task["containers"]:
        fargate.check_for_fargate({**container, **of_task})
    fargate.check_sizes_together([containers.sizes_of(container) for container in task["containers"]])
