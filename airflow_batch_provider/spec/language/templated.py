"""Lists and mappings that an author can also write as one template, or as AWS's list of names and values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Discriminator, Tag, WithJsonSchema

from airflow_batch_provider.names import snake_case
from airflow_batch_provider.spec.language.base import branch
from airflow_batch_provider.spec.values import Text, is_whole_template

TEMPLATE_PATTERN: Final = r"^\s*(\{\{|\{%)"
"""What a string must begin with where only a template can be a string."""

_TEXT: Final = {"type": ["string", "number"]}
_TEMPLATE: Final = {"type": "string", "pattern": TEMPLATE_PATTERN}
_MAPPING: Final = {"type": "object", "additionalProperties": _TEXT}


def mapping_of_entries(entries: Any, member: str) -> Any:
    """
    Turn AWS's ``[{name: A, value: x}]`` into ``{A: x}``; return anything else unchanged.

    :param member: the entries' member with the value: ``value``, or ``value_from`` of secrets.
    :raises ValueError: an entry is not such a mapping, or has a name that another has.
    """
    if not isinstance(entries, list | tuple) or (entries and not any(map(_is_map, entries))):
        return entries
    found: dict[str, Any] = {}
    for index, entry in enumerate(entries, start=1):
        members = {snake_case(str(key)): value for key, value in entry.items()} if _is_map(entry) else {}
        if members.keys() != {"name", member}:
            text = (
                f"item {index} is {entry!r}; write {{name: …, {member}: …}}, or a mapping of names to values"
            )
            raise ValueError(text)
        name = str(members["name"])
        if name in found:
            raise ValueError(f"'{name}' is in the list twice; keep one entry")
        found[name] = members[member]
    return found


def with_mappings(value: dict[str, Any], members: Mapping[str, str]) -> dict[str, Any]:
    """
    Return a model's data in which lists of names and values are mappings; leave invalid ones to the fields.

    :param members: the keys, each with the entries' member that has the value.
    """
    for key, member in members.items():
        if isinstance(value.get(key), list | tuple):
            with suppress(ValueError):
                value = {**value, key: mapping_of_entries(value[key], member)}
    return value


def _is_map(value: Any) -> bool:
    return isinstance(value, Mapping)


def _kind(value: Any) -> str:
    return branch("template" if is_whole_template(value) else "literal")


def _entries_of(member: str) -> Callable[[Any], Any]:
    return lambda value: mapping_of_entries(value, member)


def _entries_schema(member: str) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "object", "properties": {"name": _TEXT, member: _TEXT}}}


Words = Annotated[
    Annotated[list[Text], Tag(branch("literal"))] | Annotated[str, Tag(branch("template"))],
    Discriminator(_kind),
    WithJsonSchema({"anyOf": [{"type": "array", "items": _TEXT}, _TEMPLATE]}),
]
"""A list of strings, or a template that gives one."""

TextMapping = Annotated[
    Annotated[dict[str, Text], Tag(branch("literal"))] | Annotated[str, Tag(branch("template"))],
    Discriminator(_kind),
    WithJsonSchema({"anyOf": [_MAPPING, _TEMPLATE]}),
]
"""A mapping of names to strings, or a template that gives one."""

Variables = Annotated[
    Annotated[dict[str, Text], Tag(branch("literal"))] | Annotated[str, Tag(branch("template"))],
    Discriminator(_kind),
    BeforeValidator(_entries_of("value")),
    WithJsonSchema({"anyOf": [_MAPPING, _entries_schema("value"), _TEMPLATE]}),
]
"""Environment variables: a ``TextMapping``, or AWS's list of entries with ``name`` and ``value``."""

SecretReferences = Annotated[
    dict[str, Text],
    BeforeValidator(_entries_of("value_from")),
    WithJsonSchema({"anyOf": [_MAPPING, _entries_schema("value_from")]}),
]
"""Names and ARNs, or AWS's list of entries with ``name`` and ``valueFrom``."""
