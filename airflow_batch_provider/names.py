"""Convert between AWS's member names (camelCase) and this package's (snake_case)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

from pydantic.alias_generators import to_camel, to_snake

_SNAKE_BY_CAMEL: Final = {
    "containerID": "container_id",
    "desiredvCpus": "desired_vcpus",
    "maxvCpus": "max_vcpus",
    "minvCpus": "min_vcpus",
    "s3filesVolumeConfiguration": "s3files_volume_configuration",
    "sizeInGiB": "size_in_gib",
    "storageSizeGiB": "storage_size_gib",
    "unmanagedvCpus": "unmanaged_vcpus",
}
"""The members of AWS Batch that pydantic's generators do not convert, or split in the wrong place."""
_CAMEL_BY_SNAKE: Final = {snake: camel for camel, snake in _SNAKE_BY_CAMEL.items()}

_SPLIT_DIGIT: Final = re.compile(r"(?<=[a-z])_(?=[0-9])")
"""pydantic writes ``ec2KeyPair`` as ``ec_2_key_pair``; AWS's names keep the digit with the word: ``ec2``."""

_FREE_KEYS: Final = frozenset(
    {
        "environment",
        "parameters",
        "tags",
        "options",
        "annotations",
        "labels",
        "limits",
        "requests",
        "driverOpts",
    }
)
"""Members that are maps. Their keys belong to the author and are not member names."""


@lru_cache(maxsize=1024)
def camel_case(name: str) -> str:
    """Convert ``job_queue`` to ``jobQueue``; return a name that is already camelCase unchanged."""
    if "_" not in name:
        return name
    return _CAMEL_BY_SNAKE.get(name) or to_camel(name)


@lru_cache(maxsize=1024)
def snake_case(name: str) -> str:
    """Convert ``jobQueue`` to ``job_queue``."""
    return _SNAKE_BY_CAMEL.get(name) or _SPLIT_DIGIT.sub("", to_snake(name))


def has_free_keys(member: str) -> bool:
    """Return whether a member, in either spelling, is a map whose keys belong to the author."""
    return camel_case(member) in _FREE_KEYS


def camel_case_members(value: Any) -> Any:
    """Convert the member names in nested mappings to camelCase; keep the keys of maps such as ``tags``."""
    if isinstance(value, dict):
        return {
            camel_case(key): member
            if has_free_keys(key) and isinstance(member, dict)
            else camel_case_members(member)
            for key, member in value.items()
        }
    if isinstance(value, list | tuple):
        return [camel_case_members(item) for item in value]
    return value
