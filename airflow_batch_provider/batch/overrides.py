"""Lays some members of a SubmitJob request over others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def merge_overrides(request: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """
    Take the members of ``overrides`` in place of a request's own, both in AWS's shape.

    Mappings are merged key by key, environment variables by their name; everything else is replaced.
    """
    return {**request, **{name: _over(request.get(name), value) for name, value in overrides.items()}}


def _over(under: Any, over: Any) -> Any:
    if isinstance(under, Mapping) and isinstance(over, Mapping):
        return merge_overrides(under, over)
    if _are_variables(under) and _are_variables(over):
        return list({entry["name"]: entry for entry in (*under, *over)}.values())
    return over


def _are_variables(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(entry, Mapping) and {"name", "value"} == set(entry) for entry in value
    )
