"""Sizes and architectures of EC2 instance types, from the table that moto ships."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from airflow_batch_provider.local.lifecycle.capacity import HostSize

TABLE: Final = Path("ec2", "resources", "instance_types.json.gz")
ARCHITECTURES: Final = frozenset({"x86_64", "arm64"})
CHOSEN_BY_AWS: Final = {"optimal": "x86_64", "default_x86_64": "x86_64", "default_arm64": "arm64"}
"""Values that let AWS Batch choose the instance types, and the architecture it then chooses from."""


@dataclass(frozen=True, slots=True)
class InstanceType:
    """An EC2 instance type."""

    size: HostSize
    architectures: frozenset[str]


def host_sizes(instance_types: Iterable[str]) -> tuple[HostSize, ...] | None:
    """
    Return the sizes of instance types (``m5.large``) and families (``m5``).

    Return ``None`` if any of them leaves the choice to AWS (``optimal``) or is unknown here, because then
    the largest possible host is unknown too.
    """
    sizes: list[HostSize] = []
    for wanted in instance_types:
        found = [instance_type.size for instance_type in _named(wanted)]
        if not found:
            return None
        sizes.extend(found)
    return tuple(sizes) or None


def architectures(instance_types: Iterable[str]) -> frozenset[str]:
    """Return the architectures of instance types and families, ignoring unknown ones."""
    found: set[str] = set()
    for wanted in instance_types:
        if wanted in CHOSEN_BY_AWS:
            found.add(CHOSEN_BY_AWS[wanted])
        else:
            found.update(*(instance_type.architectures for instance_type in _named(wanted)))
    return frozenset(found)


def _named(wanted: str) -> list[InstanceType]:
    return [found for name, found in _table().items() if wanted in (name, name.partition(".")[0])]


@cache
def _table() -> Mapping[str, InstanceType]:
    """Read the table once (it takes 50 ms); it is empty if this version of moto has none."""
    spec = find_spec("moto")
    folders = [] if spec is None else spec.submodule_search_locations or []
    for path in (Path(folder) / TABLE for folder in folders):
        if path.exists():
            with gzip.open(path) as file:
                return {name: _read(details) for name, details in json.load(file).items()}
    return {}


def _read(details: Mapping[str, Any]) -> InstanceType:
    size = HostSize(
        millicpus=details["VCpuInfo"]["DefaultVCpus"] * 1000,
        memory_mib=details["MemoryInfo"]["SizeInMiB"],
        gpus=sum(gpu["Count"] for gpu in details.get("GpuInfo", {}).get("Gpus", [])),
    )
    return InstanceType(size, ARCHITECTURES & set(details["ProcessorInfo"]["SupportedArchitectures"]))
