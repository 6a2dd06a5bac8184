"""How large EC2's instances are, from the table that moto ships."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from airflow_batch_provider.local.lifecycle.capacity import HostSize

TABLE: Final = Path("ec2", "resources", "instance_types.json.gz")


def host_sizes(instance_types: Iterable[str]) -> tuple[HostSize, ...] | None:
    """
    Return what instance types (``m5.large``) and families (``m5``) offer.

    None if any of them leaves the choice to AWS (``optimal``) or is unknown here; then it is not
    known either which jobs find no host.
    """
    table = _table()
    sizes: list[HostSize] = []
    for wanted in instance_types:
        found = [size for name, size in table.items() if wanted in (name, name.partition(".")[0])]
        if not found:
            return None
        sizes.extend(found)
    return tuple(sizes) or None


@cache
def _table() -> Mapping[str, HostSize]:
    """Read the table, which takes 50 ms, once; empty if this moto has none."""
    spec = find_spec("moto")
    folders = [] if spec is None else spec.submodule_search_locations or []
    for path in (Path(folder) / TABLE for folder in folders):
        if path.exists():
            with gzip.open(path) as file:
                return {name: _size(details) for name, details in json.load(file).items()}
    return {}


def _size(details: Mapping[str, Any]) -> HostSize:
    return HostSize(
        millicpus=details["VCpuInfo"]["DefaultVCpus"] * 1000,
        memory_mib=details["MemoryInfo"]["SizeInMiB"],
        gpus=sum(gpu["Count"] for gpu in details.get("GpuInfo", {}).get("Gpus", [])),
    )
