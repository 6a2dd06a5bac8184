"""How much of AWS Batch's limits a SubmitJob request takes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def request_bytes(request: Mapping[str, Any]) -> int:
    """Count the bytes of a request as botocore sends it."""
    return len(json.dumps(request))


def override_characters(overrides: Mapping[str, Any]) -> int:
    """Count the characters of ``containerOverrides`` as AWS Batch hands them on to ECS."""
    return len(json.dumps(overrides, separators=(",", ":"), ensure_ascii=False))


def largest_field(members: Mapping[str, Any], path: str = "") -> tuple[str, int]:
    """
    Find what takes the most, as deep as one field makes up more than half of what holds it.

    Entries of lists that have a ``name`` are named by it: ``containerOverrides.environment.SYMBOLS``.

    :returns: the path and its bytes.
    """
    sizes = {name: len(json.dumps(value)) for name, value in members.items()}
    name = max(sizes, key=lambda each: sizes[each])
    inside, full = members[name], f"{path}{name}"
    parts = _parts(inside)
    if parts and max(len(json.dumps(part)) for part in parts.values()) * 2 > sizes[name]:
        return largest_field(parts, f"{full}.")
    return full, sizes[name]


def _parts(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, list) and all(isinstance(item, Mapping) and "name" in item for item in value):
        return {str(item["name"]): item.get("value", "") for item in value}
    return {}
