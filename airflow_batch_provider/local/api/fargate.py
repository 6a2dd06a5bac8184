"""The restrictions of Fargate: sizes, and members that apply on only one platform."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from airflow_batch_provider.local.errors import ClientException, wrapped

GIB: Final = 1024
MEMORY_MIB: Final[Mapping[int, tuple[int, ...]]] = {
    250: (512, GIB, 2 * GIB),
    500: tuple(range(GIB, 4 * GIB + 1, GIB)),
    1000: tuple(range(2 * GIB, 8 * GIB + 1, GIB)),
    2000: tuple(range(4 * GIB, 16 * GIB + 1, GIB)),
    4000: tuple(range(8 * GIB, 30 * GIB + 1, GIB)),
    8000: tuple(range(16 * GIB, 60 * GIB + 1, 4 * GIB)),
    16000: tuple(range(32 * GIB, 120 * GIB + 1, 8 * GIB)),
    32000: (60 * GIB, 120 * GIB, 244 * GIB),
}
"""
Memory sizes in MiB by thousandths of a vCPU.

See ``resourceRequirements`` in https://docs.aws.amazon.com/batch/latest/APIReference/API_ResourceRequirement.html.
"""

LOG_DRIVERS: Final = ("awslogs", "splunk")
ONLY_FARGATE: Final = ("networkConfiguration", "fargatePlatformConfiguration")
NOT_FARGATE: Final = ("privileged", "ulimits", "instanceType")
LINUX_ONLY_EC2: Final = ("devices", "sharedMemorySize", "tmpfs", "maxSwap", "swappiness")
MIN_STORAGE_GIB: Final = 21
MAX_STORAGE_GIB: Final = 200


def check_sizes(millicpus: int, memory_mib: int) -> None:
    """Raise ``ClientException`` if Fargate does not support this combination of vCPUs and memory."""
    if memory_mib not in MEMORY_MIB.get(millicpus, ()):
        raise ClientException(
            f"Fargate resource requirements ({millicpus / 1000:.2f} vCPU, {memory_mib} MiB) not valid."
        )


def check_sizes_together(sizes: Iterable[tuple[int, int]]) -> None:
    """Check the sum of the sizes of a task's containers; see :func:`check_sizes`."""
    millicpus, memory_mib = zip(*sizes, strict=True)
    check_sizes(sum(millicpus), sum(memory_mib))


def check_no_deprecated(container: Mapping[str, Any]) -> None:
    """Raise ``ClientException`` if a container uses the deprecated ``vcpus`` or ``memory``."""
    for member in ("vcpus", "memory"):
        if member in container:
            raise wrapped(f"{member} is not applicable for Fargate. Use resource requirements instead.")


def check_overrides(overrides: Mapping[str, Any]) -> None:
    """Raise ``ClientException`` if the overrides of a container use what Fargate does not support."""
    check_no_deprecated(overrides)
    for member in _not_applicable(overrides):
        raise wrapped(f"{member} is not applicable for Fargate.")


def check_for_fargate(container: Mapping[str, Any]) -> None:
    """Raise ``ClientException`` if a container uses what Fargate does not support."""
    check_no_deprecated(container)
    if not container.get("executionRoleArn"):
        raise wrapped("executionRoleArn is required for Fargate.")
    for member in _not_applicable(container):
        raise wrapped(f"{member} is not applicable for Fargate.")
    driver = container.get("logConfiguration", {}).get("logDriver", LOG_DRIVERS[0])
    if driver not in LOG_DRIVERS:
        raise wrapped(f"Log driver {driver} is not applicable for Fargate; use {' or '.join(LOG_DRIVERS)}.")
    storage = container.get("ephemeralStorage", {}).get("sizeInGiB", MIN_STORAGE_GIB)
    if not MIN_STORAGE_GIB <= storage <= MAX_STORAGE_GIB:
        raise ClientException(
            f"ephemeralStorage is {storage} GiB; it must be {MIN_STORAGE_GIB} to {MAX_STORAGE_GIB}."
        )


def check_for_ec2(container: Mapping[str, Any]) -> None:
    """Raise ``ClientException`` if a container uses what only Fargate supports."""
    for member in ONLY_FARGATE:
        if member in container:
            raise wrapped(f"{member} not applicable for EC2.")


def _not_applicable(container: Mapping[str, Any]) -> Iterator[str]:
    yield from (member for member in NOT_FARGATE if container.get(member))
    linux = container.get("linuxParameters", {})
    yield from (f"linuxParameters.{member}" for member in LINUX_ONLY_EC2 if linux.get(member, []) != [])
    if any(requirement["type"] == "GPU" for requirement in container.get("resourceRequirements", [])):
        yield "GPU"
    if any(volume.get("host", {}).get("sourcePath") for volume in container.get("volumes", [])):
        yield "host volume"
