"""E426: the overrides of a job, over the job definition that they belong to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from airflow_batch_provider.aws_requests.amounts import (
    Amount,
    Amounts,
    amounts_of,
    refusals_of_amounts,
    refusals_on_ec2,
    refusals_on_fargate,
    refusals_on_some_platform,
)
from airflow_batch_provider.aws_requests.containers import refusals_of_command, refusals_of_environment
from airflow_batch_provider.aws_requests.ecs_tasks import container_part
from airflow_batch_provider.aws_requests.platforms import (
    Platform,
    platform_of,
    refusals_of_gpus,
    refusals_of_legacy_members,
    refusals_on_platform,
)
from airflow_batch_provider.aws_requests.pods import refusals_of_pod_containers
from airflow_batch_provider.aws_requests.references import refusals_of_references
from airflow_batch_provider.aws_requests.refusal import Refusal, RequestPath
from airflow_batch_provider.aws_requests.values import entries, is_template, items, mapping, name_in
from airflow_batch_provider.names import snake_case

_PROPERTIES: Final = {
    "containerOverrides": "containerProperties",
    "ecsPropertiesOverride": "ecsProperties",
    "eksPropertiesOverride": "eksProperties",
    "nodeOverrides": "nodeProperties",
}
"""The overrides of a job, and the member of the job definition that each of them overrides."""


@dataclass(frozen=True, slots=True)
class _Container:
    """A container of a job: its overrides, and what the job definition says about it."""

    overrides: Mapping[str, Any]
    path: RequestPath
    defined: Mapping[str, Any]
    part: str | None = None

    @property
    def own_amounts(self) -> dict[Any, Amount]:
        return amounts_of(self.overrides, self.path)

    @property
    def amounts(self) -> Amounts:
        """What the container requires; an amount of the job definition has no path in the request."""
        defined = {kind: Amount(each.value, ()) for kind, each in amounts_of(self.defined, ()).items()}
        return {**defined, **self.own_amounts}


def refusals_of_overrides(
    request: Mapping[str, Any], definition: Mapping[str, Any] | None
) -> Iterator[Refusal]:
    """Yield what is wrong with the overrides of a job, alone and over its job definition."""
    pod: RequestPath = ("eksPropertiesOverride",)
    yield from refusals_of_pod_containers(request.get("eksPropertiesOverride"), pod)
    for container in _overridden(request):
        for refusal in _refusals_in_itself(container, is_alone=definition is None):
            yield replace(refusal, part=refusal.part or container.part)
    if definition is not None:
        yield from _refusals_over_definition(request, definition)


def _refusals_in_itself(container: _Container, *, is_alone: bool) -> Iterator[Refusal]:
    yield from refusals_of_command(container.overrides, container.path)
    yield from refusals_of_environment(container.overrides, container.path)
    yield from refusals_of_amounts(container.own_amounts)
    if is_alone:
        yield from refusals_on_some_platform(container.own_amounts)


def _overridden(request: Mapping[str, Any]) -> Iterator[_Container]:
    """Yield the containers that a request overrides."""
    if "containerOverrides" in request:
        yield _Container(mapping(request["containerOverrides"]), ("containerOverrides",), {})
    path: RequestPath = ("ecsPropertiesOverride",)
    yield from _overridden_in_task(request.get("ecsPropertiesOverride"), path)
    nodes = mapping(request.get("nodeOverrides")).get("nodePropertyOverrides")
    for index, override in entries(nodes):
        place = ("nodeOverrides", "nodePropertyOverrides", index)
        part = f"the node range {override.get('targetNodes')}"
        if "containerOverrides" in override:
            overrides = mapping(override["containerOverrides"])
            yield _Container(overrides, (*place, "containerOverrides"), {}, part)
        yield from _overridden_in_task(
            override.get("ecsPropertiesOverride"), (*place, "ecsPropertiesOverride")
        )


def _overridden_in_task(overrides: Any, path: RequestPath) -> Iterator[_Container]:
    for number, task in entries(mapping(overrides).get("taskProperties")):
        for index, container in entries(task.get("containers")):
            place = (*path, "taskProperties", number, "containers", index)
            yield _Container(container, place, {}, container_part(name_in(container)))


def _refusals_over_definition(request: Mapping[str, Any], definition: Mapping[str, Any]) -> Iterator[Refusal]:
    kinds = [name for name in _PROPERTIES.values() if definition.get(name) is not None]
    if len(kinds) != 1:
        return  # the registration is refused
    for member, properties in _PROPERTIES.items():
        if request.get(member) is not None and properties != kinds[0]:
            text = (
                f"has {snake_case(member)}, but its job definition has {snake_case(kinds[0])}; "
                f"use {snake_case(_override_of(kinds[0]))}"
            )
            yield Refusal("E426", (member,), text)
            return
    if kinds[0] == "nodeProperties" and request.get("arrayProperties") is not None:
        text = "is an array job, but its job definition is for a multi-node parallel job; remove array_size"
        yield Refusal("E426", ("arrayProperties",), text)
    if kinds[0] == "containerProperties":
        overrides = mapping(request.get("containerOverrides"))
        container = _Container(overrides, ("containerOverrides",), mapping(definition[kinds[0]]))
        yield from _refusals_of_merged([container], request, definition)
    elif kinds[0] == "ecsProperties":
        yield from _refusals_over_task(request, definition)


def _refusals_over_task(request: Mapping[str, Any], definition: Mapping[str, Any]) -> Iterator[Refusal]:
    tasks = [task for _, task in entries(mapping(definition["ecsProperties"]).get("taskProperties"))]
    containers = [each for task in tasks for _, each in entries(task.get("containers"))]
    override, path = request.get("ecsPropertiesOverride"), ("ecsPropertiesOverride",)
    if (count := len(items(mapping(override).get("taskProperties")))) > 1:
        text = f"has {count} entries in task_properties of its override; AWS Batch accepts one"
        yield Refusal("E426", (*path, "taskProperties"), text)
    names = [name_in(container) for container in containers]
    by_name = {
        name: _Container({}, (), each, container_part(name))
        for name, each in zip(names, containers, strict=True)
    }
    for each in _overridden_in_task(override, path):
        name = name_in(each.overrides) or (names[0] if len(names) == 1 else None)
        if name in by_name:
            by_name[name] = replace(by_name[name], overrides=each.overrides, path=each.path)
        elif not is_template(name) and not any(map(is_template, names)):
            known = ", ".join(map(str, names))
            text = f"overrides the container '{name}'; the task of its job definition has {known}"
            yield Refusal("E426", (*each.path, *(["name"] if "name" in each.overrides else [])), text)
    yield from _refusals_of_merged(list(by_name.values()), request, definition)


def _refusals_of_merged(
    containers: list[_Container], request: Mapping[str, Any], definition: Mapping[str, Any]
) -> Iterator[Refusal]:
    platform = platform_of(definition)
    for container in containers:
        for refusal in _refusals_of_container(container, platform):
            yield replace(refusal, part=refusal.part or container.part)
        yield from refusals_of_references(
            container.overrides, container.path, container.defined, request, definition
        )
    # Without overrides, the registration is refused already.
    if platform is Platform.FARGATE and any(container.own_amounts for container in containers):
        yield from refusals_on_fargate([container.amounts for container in containers])


def _refusals_of_container(container: _Container, platform: Platform | None) -> Iterator[Refusal]:
    own = container.own_amounts
    if platform is Platform.FARGATE:
        yield from refusals_of_legacy_members(container.overrides, container.path)
        yield from refusals_on_platform(container.overrides, container.path, platform)
        yield from refusals_of_gpus(own)
    elif platform is None:
        yield from refusals_on_some_platform(own)
    else:
        yield from refusals_on_ec2(own)


def _override_of(properties: str) -> str:
    return next(member for member, each in _PROPERTIES.items() if each == properties)
