"""Settings of a container for the operating system: swap, Linux or Windows, namespaces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from airflow_batch_provider.local.errors import ClientException

MAX_SWAPPINESS: Final = 100
WINDOWS: Final = tuple(
    f"WINDOWS_SERVER_{version}_{kind}" for version in (2019, 2022) for kind in ("CORE", "FULL")
)
SYSTEMS: Final = ("LINUX", *WINDOWS)
ARCHITECTURES: Final = ("X86_64", "ARM64")
NOT_WINDOWS: Final = ("linuxParameters", "privileged", "user", "ulimits", "readonlyRootFilesystem")
NAMESPACES: Final[Mapping[str, tuple[str, ...]]] = {
    "ipcMode": ("host", "task", "none"),
    "pidMode": ("host", "task"),
}


def check_system(container: Mapping[str, Any]) -> None:
    """Raise ``ClientException`` if ``runtimePlatform`` or the swap settings of a container are invalid."""
    linux, runtime = container.get("linuxParameters", {}), container.get("runtimePlatform", {})
    if not 0 <= linux.get("swappiness", 0) <= MAX_SWAPPINESS:
        raise ClientException(f"swappiness is {linux['swappiness']}; it must be 0 to {MAX_SWAPPINESS}.")
    if linux.get("maxSwap", 0) < 0:
        raise ClientException(f"maxSwap is {linux['maxSwap']}; it must be 0 or more.")
    _check_value(runtime, "operatingSystemFamily", SYSTEMS)
    _check_value(runtime, "cpuArchitecture", ARCHITECTURES)
    if runtime.get("operatingSystemFamily") in WINDOWS:
        _check_windows(container, runtime)


def check_namespaces(task: Mapping[str, Any]) -> None:
    """Raise ``ClientException`` if a task has an unknown ``ipcMode`` or ``pidMode``."""
    for member, values in NAMESPACES.items():
        _check_value(task, member, values)


def _check_windows(container: Mapping[str, Any], runtime: Mapping[str, Any]) -> None:
    if runtime.get("cpuArchitecture", ARCHITECTURES[0]) != ARCHITECTURES[0]:
        raise ClientException(f"cpuArchitecture must be {ARCHITECTURES[0]} for Windows containers.")
    for member in NOT_WINDOWS:
        if container.get(member):
            raise ClientException(f"{member} cannot be set for Windows containers.")


def _check_value(part: Mapping[str, Any], member: str, values: tuple[str, ...]) -> None:
    value = part.get(member, values[0])
    if value not in values:
        raise ClientException(f"{member} is {value!r}; it must be one of {', '.join(values)}.")
