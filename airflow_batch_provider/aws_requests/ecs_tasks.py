"""E424: ``ecsProperties``, which describe an ECS task with its containers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from airflow_batch_provider import limits
from airflow_batch_provider.aws_requests.amounts import amounts_of, refusals_on_fargate
from airflow_batch_provider.aws_requests.container_dependencies import refusals_of_container_dependencies
from airflow_batch_provider.aws_requests.platforms import Platform, refusals_on_platform
from airflow_batch_provider.aws_requests.properties import missing_members, refusals_of_container
from airflow_batch_provider.aws_requests.refusal import Refusal, RequestPath
from airflow_batch_provider.aws_requests.runtime import refusals_of_known_values
from airflow_batch_provider.aws_requests.values import (
    entries,
    is_missing,
    is_template,
    items,
    known_number,
    known_text,
    mapping,
    name_in,
)

Containers = Sequence[tuple[int, Mapping[str, Any]]]


def refusals_of_task(properties: Any, path: RequestPath, platform: Platform | None) -> Iterator[Refusal]:
    """Yield what is wrong with ``ecsProperties``."""
    tasks = mapping(properties).get("taskProperties")
    if is_template(properties) or is_template(tasks):
        return
    place: RequestPath = (*path, "taskProperties")
    if len(items(tasks)) != 1:
        text = f"has {len(items(tasks))} entries in task_properties; AWS Batch accepts exactly one"
        yield Refusal("E424", place, text)
    for index, task in entries(tasks):
        yield from _refusals_of_task(task, (*place, index), platform)


def _refusals_of_task(
    task: Mapping[str, Any], path: RequestPath, platform: Platform | None
) -> Iterator[Refusal]:
    containers, place = list(entries(task.get("containers"))), (*path, "containers")
    if is_template(task.get("containers")):
        return
    if not 1 <= len(containers) <= limits.CONTAINERS_MAX:
        text = f"has {len(containers)} containers; AWS Batch accepts 1 to {limits.CONTAINERS_MAX}"
        yield Refusal("E424", place, text)
    yield from _refusals_of_names(containers, place)
    if containers and all(container.get("essential") is False for _, container in containers):
        text = "has no essential container; set essential of at least one container to true"
        yield Refusal("E424", place, text)
    for index, container in containers:
        part = container_part(name_in(container), index + 1)
        for refusal in _refusals_of_member(container, (*place, index), platform):
            yield replace(refusal, part=refusal.part or part)
    yield from refusals_of_container_dependencies(containers, place)
    yield from refusals_on_platform(task, path, platform)
    yield from refusals_of_known_values(task, path)
    if platform is Platform.FARGATE:
        yield from missing_members(task, path, ["executionRoleArn"])
        yield from refusals_on_fargate([amounts_of(each, (*place, index)) for index, each in containers])


def container_part(name: str | None, number: int | None = None) -> str | None:
    """Return what messages call one of several containers."""
    if name is not None:
        return f"container '{name}'"
    return None if number is None else f"container number {number}"


def _refusals_of_names(containers: Containers, path: RequestPath) -> Iterator[Refusal]:
    names = [container.get("name") for _, container in containers]
    for index, container in containers:
        name = container.get("name")
        if is_missing(name):
            if len(containers) > 1:
                text = f"has no name for container number {index + 1}; each of several containers needs one"
                yield Refusal("E424", (*path, index), text)
        elif name in names[:index] and not is_template(name):
            text = f"has several containers named '{name}'; give each its own name"
            yield Refusal("E424", (*path, index, "name"), text)
        elif (shown := known_text(name)) is not None and not limits.CONTAINER_NAME.fullmatch(shown):
            text = f"has a container named '{name}'; use up to 255 letters, digits, '-' and '_'"
            yield Refusal("E424", (*path, index, "name"), text)


def _refusals_of_member(
    container: Mapping[str, Any], path: RequestPath, platform: Platform | None
) -> Iterator[Refusal]:
    yield from refusals_of_container(container, path, platform)
    for member, name in (("startTimeout", "start_timeout"), ("stopTimeout", "stop_timeout")):
        seconds = known_number(container.get(member))
        smallest = limits.CONTAINER_TIMEOUT_SECONDS_MIN
        largest = limits.CONTAINER_TIMEOUT_SECONDS_MAX_ON_FARGATE
        if seconds is None:
            continue
        if seconds < smallest:
            text = f"has {name} {seconds:g}; AWS Batch requires at least {smallest} seconds"
            yield Refusal("E424", (*path, member), text)
        elif platform is Platform.FARGATE and seconds > largest:
            text = f"has {name} {seconds:g}; Fargate accepts at most {largest} seconds"
            yield Refusal("E424", (*path, member), text)
