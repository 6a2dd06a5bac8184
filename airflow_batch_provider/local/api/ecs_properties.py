"""``ecsProperties``: job definitions that describe an ECS task with its containers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.local.api import containers, fargate
from airflow_batch_provider.local.api.container_dependencies import check_container_dependencies
from airflow_batch_provider.local.api.operating_system import check_namespaces, check_system
from airflow_batch_provider.local.errors import ClientException

if TYPE_CHECKING:
    from airflow_batch_provider.local.api.request import ApiSettings

MAX_CONTAINERS: Final = 10
MIN_TIMEOUT_SECONDS: Final = 2
MAX_FARGATE_TIMEOUT_SECONDS: Final = 120
TASK_MEMBER: Final = "volumes"
"""A member that belongs to the task here, and to the container in ``containerProperties``."""

Task = Mapping[str, Any]


def only_task(properties: Mapping[str, Any]) -> Task:
    """
    Return the task.

    :raises ClientException: if there is not exactly one task, the number that AWS supports.
    """
    tasks: list[Task] = properties["taskProperties"]
    if len(tasks) != 1:
        raise ClientException(
            f"ecsProperties.taskProperties has {len(tasks)} entries; it must have exactly one."
        )
    return tasks[0]


def check_task(task: Task, settings: ApiSettings, *, is_fargate: bool) -> None:
    """Raise ``ClientException`` if a task or one of its containers is invalid."""
    members = task["containers"]
    if not 1 <= len(members) <= MAX_CONTAINERS:
        raise ClientException(f"A task has 1 to {MAX_CONTAINERS} containers, not {len(members)}.")
    names = [container.get("name") for container in members]
    if len(members) > 1 and (None in names or len(set(names)) < len(names)):
        raise ClientException("The containers of a task need unique names.")
    if not any(container.get("essential", True) for container in members):
        raise ClientException("At least one container of a task must be essential.")
    for container in members:
        containers.check_image_and_user(container)
        containers.check_command(container)
        containers.check_environment(container.get("environment", []), settings)
        check_system({**container, "runtimePlatform": task.get("runtimePlatform", {})})
        _check_timeouts(container, is_fargate=is_fargate)
    check_container_dependencies(members)
    check_namespaces(task)
    _check_platform(task, is_fargate=is_fargate)


def overrides_by_name(overrides: Mapping[str, Any], task: Task) -> dict[str | None, containers.Container]:
    """
    Return the overrides of a submission by the containers' names.

    :raises ClientException: if the task has no container of that name.
    """
    if not overrides.get("taskProperties"):
        return {}
    names = [container.get("name") for container in task["containers"]]
    found: dict[str | None, containers.Container] = {}
    for override in only_task(overrides).get("containers", []):
        name = override.get("name", names[0] if len(names) == 1 else None)
        if name not in names:
            raise ClientException(
                f"ecsPropertiesOverride refers to container {name!r};"
                f" the task has {', '.join(map(str, names))}."
            )
        found[name] = {member: value for member, value in override.items() if member != "name"}
    return found


def describe_task(task: Task, members: Sequence[containers.Container]) -> dict[str, Any]:
    """Return the description of a task with these containers."""
    shown = [
        {name: value for name, value in container.items() if name != TASK_MEMBER} for container in members
    ]
    return {"volumes": [], **task, "containers": shown}


def _check_timeouts(container: containers.Container, *, is_fargate: bool) -> None:
    for member in ("startTimeout", "stopTimeout"):
        seconds = container.get(member)
        if seconds is None:
            continue
        if seconds < MIN_TIMEOUT_SECONDS or (is_fargate and seconds > MAX_FARGATE_TIMEOUT_SECONDS):
            bounds = f"at least {MIN_TIMEOUT_SECONDS}"
            bounds += f" and at most {MAX_FARGATE_TIMEOUT_SECONDS}" if is_fargate else ""
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
