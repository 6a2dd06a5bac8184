"""vCPUs and memory in AWS's form: units, and the deprecated members of ``containerOverrides``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_batch_provider.aws_requests import LEGACY_MEMBERS
from airflow_batch_provider.units import mebibytes


def with_memory_in_mebibytes(value: Any) -> Any:
    """
    Convert amounts of memory with a unit in all resource requirements of a request to MiB.

    A template is converted when it is rendered.
    """
    if isinstance(value, dict):
        if value.get("type") == "MEMORY" and "value" in value:
            return _in_mebibytes(value)
        return {name: with_memory_in_mebibytes(item) for name, item in value.items()}
    return [with_memory_in_mebibytes(item) for item in value] if isinstance(value, list) else value


def has_legacy_amounts(overrides: Mapping[str, Any]) -> bool:
    """Return whether ``containerOverrides`` have the deprecated ``vcpus`` or ``memory``."""
    return any(name in overrides for name in LEGACY_MEMBERS.values())


def effective_overrides(overrides: Mapping[str, Any], defined: Mapping[str, Any]) -> dict[str, Any]:
    """
    Turn the deprecated ``vcpus`` and ``memory`` into resource requirements where the definition has these.

    AWS Batch ignores a deprecated override if the job definition states a resource requirement of its
    kind. A resource requirement of the job itself takes precedence.

    :param overrides: ``containerOverrides``.
    :param defined: ``containerProperties`` of the job definition.
    """
    if isinstance(overrides.get("resourceRequirements"), str):
        return dict(overrides)  # a template, to which nothing can be added before it is rendered
    defined_kinds, own_kinds = _kinds(defined), _kinds(overrides)
    effective, requirements = dict(overrides), list(overrides.get("resourceRequirements", ()))
    for kind, name in LEGACY_MEMBERS.items():
        if kind in defined_kinds and name in effective:
            amount = effective.pop(name)
            if kind not in own_kinds:
                requirements.append({"type": str(kind), "value": str(amount)})
    return {**effective, "resourceRequirements": requirements} if requirements else effective


def _kinds(container: Mapping[str, Any]) -> list[Any]:
    requirements = container.get("resourceRequirements")
    listed = requirements if isinstance(requirements, list) else []
    return [requirement.get("type") for requirement in listed if isinstance(requirement, dict)]


def _in_mebibytes(requirement: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {**requirement, "value": str(mebibytes(requirement["value"]))}
    except ValueError:
        return dict(requirement)
