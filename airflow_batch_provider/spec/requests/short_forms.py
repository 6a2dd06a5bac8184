"""Merge the short forms of jobs and job definitions into the full members of the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow_batch_provider.names import camel_case_members

if TYPE_CHECKING:
    from airflow_batch_provider.spec.models import Job, JobDefinition

Entries = list[dict[str, Any]] | str
"""Entries with names, or a template that gives them."""

_NUMBERS = frozenset({"attempts", "vcpus", "memory"})
"""The only members of ``retryStrategy`` and ``containerOverrides`` whose type is a number in the API."""


def container_members(full: Mapping[str, Any], written: Job | JobDefinition) -> dict[str, Any]:
    """
    Merge command, environment and resources into the full member.

    Environment variables are ordered by name, because their order has no meaning for AWS Batch.

    :param full: ``containerOverrides`` or ``containerProperties``, in AWS's camelCase.
    """
    members = dict(full)
    if written.command is not None:
        members["command"] = written.command if isinstance(written.command, str) else list(written.command)
    if environment := merge_by_name(members.pop("environment", []), _variables(written.environment), "name"):
        members["environment"] = sorted_by_name(environment)
    amounts = {"VCPU": written.vcpus, "MEMORY": written.memory, "GPU": written.gpus}
    wanted = [{"type": kind, "value": str(amount)} for kind, amount in amounts.items() if amount is not None]
    if requirements := merge_by_name(members.pop("resourceRequirements", []), wanted, "type"):
        members["resourceRequirements"] = requirements
    return members


def _variables(environment: Mapping[str, str] | str | None) -> Entries:
    if isinstance(environment, str):
        return environment
    return [{"name": name, "value": value} for name, value in (environment or {}).items()]


def retry_strategy(written: Job | JobDefinition) -> dict[str, Any]:
    """Merge ``attempts`` into the full member."""
    strategy: dict[str, Any] = numbers_as_texts(camel_case_members(written.retry_strategy or {}))
    if written.attempts is not None:
        strategy["attempts"] = written.attempts
    return strategy


def numbers_as_texts(value: Any) -> Any:
    """Turn numbers such as ``on_exit_code: 137`` into the texts that AWS requires, as the short forms do."""
    if isinstance(value, dict):
        return {name: item if name in _NUMBERS else numbers_as_texts(item) for name, item in value.items()}
    if isinstance(value, list):
        return [numbers_as_texts(item) for item in value]
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def sorted_by_name(entries: Entries) -> Entries:
    """Return entries in the order of their names; a template stays as it is."""
    return entries if isinstance(entries, str) else sorted(entries, key=lambda entry: str(entry.get("name")))


def merge_by_name(under: Entries, over: Entries, by: str) -> Entries:
    """
    Merge two lists of named entries; an entry of ``over`` replaces the entry of the same name.

    A template cannot be merged before it is rendered: ``over`` then replaces the whole list. Rules
    refuse a spec that would lose entries in this way (E221).
    """
    if isinstance(under, str) or isinstance(over, str):
        return over or under
    return list({entry.get(by): entry for entry in (*under, *over)}.values())
