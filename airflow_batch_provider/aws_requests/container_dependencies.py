"""E425: ``dependsOn`` between the containers of a task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final

from airflow_batch_provider.aws_requests.refusal import Refusal, RequestPath
from airflow_batch_provider.aws_requests.values import entries, is_template, name_in

_CONDITIONS: Final = ("START", "COMPLETE", "SUCCESS")
_NOT_FOR_ESSENTIAL: Final = ("COMPLETE", "SUCCESS")
"""An essential container cannot meet them, because the task ends together with it."""

Containers = Sequence[tuple[int, Mapping[str, Any]]]


def refusals_of_container_dependencies(containers: Containers, path: RequestPath) -> Iterator[Refusal]:
    """
    Yield the dependencies that no start order satisfies.

    :param containers: the containers of a task, with their indexes.
    :param path: the path of their list.
    """
    by_name = {name_in(container): container for _, container in containers}
    for index, container in containers:
        for number, dependency in entries(container.get("dependsOn")):
            place = (*path, index, "dependsOn", number)
            yield from _refusals_of_dependency(name_in(container), dependency, by_name, place)
    yield from _refusals_of_cycles(containers, path)


def _refusals_of_dependency(
    own_name: str | None,
    dependency: Mapping[str, Any],
    by_name: Mapping[str | None, Mapping[str, Any]],
    path: RequestPath,
) -> Iterator[Refusal]:
    name, condition = name_in(dependency, "containerName"), dependency.get("condition")
    if is_template(name) or any(map(is_template, by_name)):
        return
    if name is None or name not in by_name or name == own_name:
        known = ", ".join(str(each) for each in by_name if each != own_name) or "no other"
        text = f"depends on the container '{name}', which is no other container of the task; it has {known}"
        yield Refusal("E425", (*path, "containerName"), text)
        return
    if is_template(condition):
        return
    if condition not in _CONDITIONS:
        text = f"depends on '{name}' with the condition {condition!r}; use {', '.join(_CONDITIONS)}"
        yield Refusal("E425", (*path, "condition"), text)
    elif condition in _NOT_FOR_ESSENTIAL and by_name[name].get("essential") in (None, True):
        text = (
            f"waits for {condition} of '{name}', which is essential, so that the task ends with it; "
            f"set essential of '{name}' to false"
        )
        yield Refusal("E425", (*path, "condition"), text)


def _refusals_of_cycles(containers: Containers, path: RequestPath) -> Iterator[Refusal]:
    graph = {
        name_in(container): [
            name_in(each, "containerName") for _, each in entries(container.get("dependsOn"))
        ]
        for _, container in containers
    }
    others = {
        name: [each for each in depends_on if each in graph and each not in (None, name)]
        for name, depends_on in graph.items()
        if name is not None
    }
    try:
        TopologicalSorter(others).prepare()
    except CycleError as error:
        cycle: list[str] = error.args[1]
        index = next(index for index, container in containers if name_in(container) in cycle)
        text = (
            f"has containers that depend on each other: {' → '.join(cycle)}; remove one of the dependencies"
        )
        yield Refusal("E425", (*path, index, "dependsOn"), text)
