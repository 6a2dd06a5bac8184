"""Measure a SubmitJob request against AWS Batch's size limits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def request_bytes(request: Mapping[str, Any]) -> int:
    """Return the size of a request in bytes, as botocore sends it."""
    return len(json.dumps(request))


def override_characters(overrides: Mapping[str, Any]) -> int:
    """Return the length of ``containerOverrides`` in characters, as AWS Batch passes it to ECS."""
    return len(json.dumps(overrides, separators=(",", ":"), ensure_ascii=False))


def largest_field(members: Mapping[str, Any], path: str = "") -> tuple[str, int]:
    """
    Find the field that takes up most of a request.

    Descend into a field while one of its parts accounts for more than half of it. List entries
    with a ``name`` appear in the path by name: ``containerOverrides.environment.SYMBOLS``.

    :returns: the path and its size in bytes.
    """
    sizes = {name: len(json.dumps(value)) for name, value in members.items()}
    name = max(sizes, key=lambda each: sizes[each])
    largest, full_path = members[name], f"{path}{name}"
    parts = _parts(largest)
    if parts and max(len(json.dumps(part)) for part in parts.values()) * 2 > sizes[name]:
        return largest_field(parts, f"{full_path}.")
    return full_path, sizes[name]


def _parts(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, list) and all(isinstance(item, Mapping) and "name" in item for item in value):
        return {str(item["name"]): item.get("value", "") for item in value}
    return {}
