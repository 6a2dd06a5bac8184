"""Merge members of a SubmitJob request into another request."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from airflow_batch_provider.aws_requests.conversion import converted


def merge_overrides(request: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return a request in which ``overrides`` replace the request's own members; both in AWS's camelCase.

    Mappings are merged key by key and environment variables by name; any other value is replaced. Strings
    from templates are converted first, so that a list or mapping can be merged.
    """
    try:
        request = converted(request)
    except ValueError:
        return dict(request)  # the submission refuses it and names the job
    with suppress(ValueError):  # the submission refuses the value then
        overrides = converted(overrides)
    return _merged(request, overrides)


def _merged(request: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    return {**request, **{name: _merge(request.get(name), value) for name, value in overrides.items()}}


def _merge(own: Any, override: Any) -> Any:
    if isinstance(own, Mapping) and isinstance(override, Mapping):
        return _merged(own, override)
    if _are_variables(own) and _are_variables(override):
        return list({entry["name"]: entry for entry in (*own, *override)}.values())
    return override


def _are_variables(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(entry, Mapping) and {"name", "value"} == set(entry) for entry in value
    )
