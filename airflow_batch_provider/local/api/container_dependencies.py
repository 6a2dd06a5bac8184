"""``dependsOn`` between the containers of a task."""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Final

from airflow_batch_provider.local.errors import ClientException

if TYPE_CHECKING:
    from airflow_batch_provider.local.api.containers import Container

CONDITIONS: Final = ("START", "COMPLETE", "SUCCESS")
NOT_FOR_ESSENTIAL: Final = ("COMPLETE", "SUCCESS")
"""Conditions that an essential container cannot meet, because the task ends together with it."""


def check_container_dependencies(members: Sequence[Container]) -> None:
    """Raise ``ClientException`` if no start order satisfies the dependencies."""
    by_name = {container.get("name"): container for container in members}
    for container in members:
        for dependency in container.get("dependsOn", []):
            name, condition = dependency.get("containerName"), dependency.get("condition")
            if name not in by_name or name == container.get("name"):
                raise ClientException(
                    f"Container {container.get('name')!r} depends on {name!r},"
                    " which is not another container of the task."
                )
            if condition not in CONDITIONS:
                raise ClientException(
                    f"condition is {condition!r}; it must be one of {', '.join(CONDITIONS)}."
                )
            if condition in NOT_FOR_ESSENTIAL and by_name[name].get("essential", True):
                raise ClientException(
                    f"Container {container.get('name')!r} waits for {condition} of {name!r},"
                    f" which is essential; set essential of {name!r} to false."
                )
    _check_cycles(members)


def _check_cycles(members: Sequence[Container]) -> None:
    graph = {
        container.get("name"): [each["containerName"] for each in container.get("dependsOn", [])]
        for container in members
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        names = " -> ".join(str(name) for name in error.args[1])
        raise ClientException(f"The dependencies between containers form a cycle: {names}.") from error
