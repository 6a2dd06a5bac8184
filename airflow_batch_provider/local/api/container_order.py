"""``dependsOn`` among the containers of a task."""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Final

from airflow_batch_provider.local.api.containers import Container
from airflow_batch_provider.local.errors import ClientException

CONDITIONS: Final = ("START", "COMPLETE", "SUCCESS")
OF_NONESSENTIAL: Final = ("COMPLETE", "SUCCESS")
"""Conditions that an essential container cannot meet: its end is the end of all."""


def check_order(members: Sequence[Container]) -> None:
    """:raises ClientException: if containers cannot be started in the order that they ask for."""
    by_name = {container.get("name"): container for container in members}
    for container in members:
        for dependency in container.get("dependsOn", []):
            name, condition = dependency.get("containerName"), dependency.get("condition")
            if name not in by_name or name == container.get("name"):
                raise ClientException(
                    f"Container {container.get('name')!r} depends on {name!r}, which is no other one."
                )
            if condition not in CONDITIONS:
                raise ClientException(
                    f"condition is {condition!r}; it must be one of {', '.join(CONDITIONS)}."
                )
            if condition in OF_NONESSENTIAL and by_name[name].get("essential", True):
                raise ClientException(
                    f"Container {container.get('name')!r} waits for {condition} of {name!r}, which is"
                    " essential; set its essential to false."
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
        raise ClientException(f"Containers depend on each other in a circle: {names}.") from error
