"""E421, E422: members of a container or task that only one platform supports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, Final

from airflow_batch_provider import limits
from airflow_batch_provider.aws_requests.amounts import LEGACY_MEMBERS, Amounts, Kind
from airflow_batch_provider.aws_requests.refusal import Refusal, RequestPath
from airflow_batch_provider.aws_requests.values import (
    entries,
    is_missing,
    is_template,
    items,
    known_number,
    known_text,
    mapping,
)
from airflow_batch_provider.names import snake_case

_NOT_ON_FARGATE: Final = ("privileged", "ulimits", "instanceType")
_LINUX_NOT_ON_FARGATE: Final = ("devices", "sharedMemorySize", "tmpfs", "maxSwap", "swappiness")
_ONLY_ON_FARGATE: Final = ("networkConfiguration", "fargatePlatformConfiguration")
_LOG_DRIVERS_ON_FARGATE: Final = ("awslogs", "splunk")


class Platform(StrEnum):
    """Where a job definition's jobs run, which decides about its rules."""

    EC2 = "EC2"
    FARGATE = "FARGATE"
    MANAGED_INSTANCES = "MANAGED_INSTANCES"
    EKS = "EKS"


def platform_of(definition: Mapping[str, Any]) -> Platform | None:
    """Return the platform of a RegisterJobDefinition request; None if a template decides it."""
    capabilities = definition.get("platformCapabilities")
    if definition.get("eksProperties") is not None:
        return Platform.EKS
    if is_template(capabilities) or any(map(is_template, items(capabilities))):
        return None
    for platform in (Platform.FARGATE, Platform.MANAGED_INSTANCES):
        if platform in items(capabilities):
            return platform
    return Platform.EC2


def refusals_on_platform(
    part: Mapping[str, Any], path: RequestPath, platform: Platform | None
) -> Iterator[Refusal]:
    """Yield the members of a container or task that its platform does not support."""
    yield from _refusals_of_storage(part, path)
    if platform is Platform.FARGATE:
        yield from _refusals_on_fargate(part, path)
    elif platform in (Platform.EC2, Platform.MANAGED_INSTANCES):
        for member in _ONLY_ON_FARGATE:
            if part.get(member) is not None:
                text = f"has {snake_case(member)}, which only Fargate supports; remove it"
                yield Refusal("E421", (*path, member), text)


def refusals_of_legacy_members(container: Mapping[str, Any], path: RequestPath) -> Iterator[Refusal]:
    """Yield the deprecated amounts of a container or of overrides, which Fargate does not accept."""
    for kind, member in LEGACY_MEMBERS.items():
        if not is_missing(container.get(member)):
            text = (
                f"has the deprecated {member}, which Fargate does not accept; "
                f"use resource_requirements with the type {kind}"
            )
            yield Refusal("E421", (*path, member), text)


def refusals_of_gpus(amounts: Amounts) -> Iterator[Refusal]:
    """Yield a refusal if a container on Fargate requires GPUs."""
    if gpus := amounts.get(Kind.GPU):
        yield Refusal("E421", gpus.path, "is for Fargate, which has no GPUs; remove 'gpus' or use EC2")


def _refusals_of_storage(part: Mapping[str, Any], path: RequestPath) -> Iterator[Refusal]:
    size = known_number(mapping(part.get("ephemeralStorage")).get("sizeInGiB"))
    smallest, largest = limits.EPHEMERAL_STORAGE_GIB_MIN, limits.EPHEMERAL_STORAGE_GIB_MAX
    if size is not None and not smallest <= size <= largest:
        text = f"has {size:g} GiB of ephemeral storage; AWS Batch accepts {smallest} to {largest}"
        yield Refusal("E422", (*path, "ephemeralStorage", "sizeInGiB"), text)


def _refusals_on_fargate(part: Mapping[str, Any], path: RequestPath) -> Iterator[Refusal]:
    for member in _NOT_ON_FARGATE:
        if (value := part.get(member)) and not is_template(value):
            yield _not_on_fargate((*path, member), snake_case(member))
    linux = mapping(part.get("linuxParameters"))
    for member in _LINUX_NOT_ON_FARGATE:
        value = linux.get(member)
        if value is not None and value != [] and not is_template(value):
            place: RequestPath = (*path, "linuxParameters", member)
            yield _not_on_fargate(place, f"linux_parameters.{snake_case(member)}")
    for index, volume in entries(part.get("volumes")):
        if mapping(volume.get("host")).get("sourcePath"):
            yield _not_on_fargate((*path, "volumes", index, "host", "sourcePath"), "a volume of the host")
    driver = known_text(mapping(part.get("logConfiguration")).get("logDriver"))
    if driver is not None and driver not in _LOG_DRIVERS_ON_FARGATE:
        text = f"has the log driver '{driver}'; Fargate supports {' and '.join(_LOG_DRIVERS_ON_FARGATE)}"
        yield Refusal("E421", (*path, "logConfiguration", "logDriver"), text)


def _not_on_fargate(path: RequestPath, name: str) -> Refusal:
    return Refusal("E421", path, f"has {name}, which Fargate does not support; remove it or use EC2")
