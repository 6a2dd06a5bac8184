"""E432: settings of the operating system, and what Windows does not support."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.aws_requests.refusal import Refusal
from airflow_batch_provider.aws_requests.values import (
    entries,
    is_missing,
    is_template,
    known_number,
    known_text,
    mapping,
)
from airflow_batch_provider.names import snake_case

if TYPE_CHECKING:
    from airflow_batch_provider.aws_requests.refusal import RequestPath

_WORDS: Final[Mapping[tuple[str, ...], tuple[str, ...]]] = {
    ("runtimePlatform", "operatingSystemFamily"): (
        "LINUX",
        "WINDOWS_SERVER_2019_CORE",
        "WINDOWS_SERVER_2019_FULL",
        "WINDOWS_SERVER_2022_CORE",
        "WINDOWS_SERVER_2022_FULL",
    ),
    ("runtimePlatform", "cpuArchitecture"): ("X86_64", "ARM64"),
    ("ipcMode",): ("host", "task", "none"),
    ("pidMode",): ("host", "task"),
}
"""The values of members that are plain strings in AWS's service model."""
_NUMBERS: Final = {"swappiness": (0, 100), "maxSwap": (0, float("inf"))}
"""Limits of ``linuxParameters`` (``LinuxParameters``)."""
_NOT_ON_WINDOWS: Final = ("linuxParameters", "privileged", "user", "ulimits", "readonlyRootFilesystem")
"""Members that cannot be set for Windows containers (``RuntimePlatform``)."""


def refusals_of_known_values(part: Mapping[str, Any], path: RequestPath) -> Iterator[Refusal]:
    """Yield the settings of a container or task that AWS Batch does not know."""
    for names, words in _WORDS.items():
        value = known_text(_value(part, names))
        if value is not None and value not in words:
            name = ".".join(map(snake_case, names))
            text = f"has the {name} '{value}'; AWS Batch accepts {', '.join(words)}"
            yield Refusal("E432", (*path, *names), text)
    linux = mapping(part.get("linuxParameters"))
    for name, (smallest, largest) in _NUMBERS.items():
        number = known_number(linux.get(name))
        if number is not None and not smallest <= number <= largest:
            bounds = f"{smallest} to {largest}" if largest == 100 else f"{smallest} or more"
            text = f"has {snake_case(name)} {number:g}; AWS Batch accepts {bounds}"
            yield Refusal("E432", (*path, "linuxParameters", name), text)
    if (known_text(_value(part, ("runtimePlatform", "operatingSystemFamily"))) or "").startswith("WINDOWS"):
        yield from _refusals_on_windows(part, path)


def _refusals_on_windows(part: Mapping[str, Any], path: RequestPath) -> Iterator[Refusal]:
    architecture = _value(part, ("runtimePlatform", "cpuArchitecture"))
    if architecture == "ARM64":
        text = "has the cpu_architecture ARM64; Windows containers require X86_64"
        yield Refusal("E432", (*path, "runtimePlatform", "cpuArchitecture"), text)
    for member in _NOT_ON_WINDOWS:
        value = part.get(member)
        if not is_missing(value) and value is not False and not is_template(value):
            text = f"has {snake_case(member)}, which Windows containers do not support; remove it"
            yield Refusal("E432", (*path, member), text)
    for index, volume in entries(part.get("volumes")):
        if volume.get("efsVolumeConfiguration") is not None:
            text = "has an EFS volume, which Windows containers do not support; remove it"
            yield Refusal("E432", (*path, "volumes", index, "efsVolumeConfiguration"), text)


def _value(part: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    for name in names[:-1]:
        part = mapping(part.get(name))
    return part.get(names[-1])
