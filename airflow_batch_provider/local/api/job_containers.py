"""The containers of a submission: merges definition, overrides and parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from airflow_batch_provider.local.api import containers, fargate
from airflow_batch_provider.local.api.ecs_properties import overrides_by_name
from airflow_batch_provider.local.errors import ClientException
from airflow_batch_provider.local.lifecycle.containers import Container

if TYPE_CHECKING:
    from airflow_batch_provider.local.api.request import Request
    from airflow_batch_provider.local.job_definitions import JobDefinition

NO_KIND: Final = ("nodeOverrides", "eksPropertiesOverride")
"""Overrides for kinds of job definitions that do not exist here."""


def merge_containers(
    request: Request, definition: JobDefinition, parameters: Mapping[str, str]
) -> tuple[Container, ...]:
    """
    Return the containers of a job.

    :raises ClientException: if an override does not apply, or a container lacks vCPUs or memory.
    """
    is_fargate = "FARGATE" in definition.request.get("platformCapabilities", [])
    merged = []
    for defined, overrides in _with_overrides(request, definition):
        containers.check_overrides(overrides, request.settings)
        if is_fargate:
            fargate.check_overrides(overrides)
        merged.append(containers.merge_container(defined, overrides, parameters, request.settings))
        if not is_fargate:
            containers.check_resources(merged[-1])
    sizes = [containers.sizes_of(container) for container in merged]
    if is_fargate:
        fargate.check_sizes_together(sizes)
    return tuple(Container(each, *size) for each, size in zip(merged, sizes, strict=True))


def _with_overrides(
    request: Request, definition: JobDefinition
) -> Iterator[tuple[containers.Container, containers.Container]]:
    """Yield each container of a definition with its overrides."""
    params, task = request.params, definition.task
    for member in (*NO_KIND, "ecsPropertiesOverride" if task is None else "containerOverrides"):
        if member in params:
            raise ClientException(
                f"{member} does not match the kind of properties of job definition {definition.name}."
            )
    if task is None:
        yield definition.container, params.get("containerOverrides", {})
        return
    overrides = overrides_by_name(params.get("ecsPropertiesOverride", {}), task)
    for container in task["containers"]:
        yield container, overrides.get(container.get("name"), {})
