"""
Convert what rendered templates leave to the types of AWS's service model.

A template renders to a string. Where AWS requires a number, a boolean, a list or a mapping, the string is
read as one: ``'4'`` and ``'4.0'`` as 4, ``"['a', 'b']"`` and ``'["a", "b"]'`` as a list.
"""

from __future__ import annotations

import json
import re
from ast import literal_eval
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.aws_requests.model import member_kinds, shapes
from airflow_batch_provider.names import camel_case_members, snake_case
from airflow_batch_provider.units import mebibytes, seconds

if TYPE_CHECKING:
    from airflow_batch_provider.aws_requests.refusal import RequestPath

_INTEGER: Final = re.compile(r"([+-]?\d+)(?:\.0*)?")
_NUMBER: Final = re.compile(r"\+?(\d+(?:\.\d+)?)")
_BOOLEANS: Final = {"true": True, "false": False}
_NAMED_ENTRIES: Final = (("name", "value"), ("name", "valueFrom"))
"""The members of entries that can be written as a mapping of names to values."""
_SHORT_FORMS: Final = {
    ("arrayProperties", "size"): "array_size",
    ("retryStrategy", "attempts"): "attempts",
    ("timeout", "attemptDurationSeconds"): "timeout",
    ("containerOverrides", "command"): "command",
    ("containerOverrides", "environment"): "environment",
    ("containerProperties", "command"): "command",
    ("containerProperties", "environment"): "environment",
    ("containerProperties", "secrets"): "secrets",
}
"""How messages name the members that have a short form."""
_AMOUNTS: Final = {"MEMORY": "memory", "VCPU": "vcpus", "GPU": "gpus"}


def converted(members: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return members of SubmitJob or RegisterJobDefinition, converted to AWS's types.

    Names that are not members stay as they are. Converting twice changes nothing.

    :raises ValueError: a value cannot be converted; the message names the member and the value.
    """
    kinds = member_kinds()
    return {
        name: _converted(kinds[name], value, (name,)) if name in kinds else value
        for name, value in members.items()
    }


def as_literal(text: str) -> Any:
    """Return the list, mapping or other value that a string contains in Python's or JSON's notation."""
    for read in (literal_eval, json.loads):
        try:
            return read(text.strip())
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
    return text


def _converted(kind: Any, value: Any, path: RequestPath) -> Any:
    if value is None:
        return value
    if isinstance(kind, list):
        return _list(kind[0], value, path)
    if isinstance(kind, dict):
        return _map(kind["map"], value, path) if "map" in kind else value
    if convert := _SCALARS.get(kind):
        return convert(value, path)
    return _structure(kind, value, path)


def _structure(name: str, value: Any, path: RequestPath) -> Any:
    if not isinstance(value, Mapping):
        return value
    members = shapes()[name]["members"]
    structure = {
        member: _converted(members[member], inner, (*path, member)) if member in members else inner
        for member, inner in value.items()
    }
    return _with_amount(structure, path) if name == "ResourceRequirement" else structure


def _list(kind: Any, value: Any, path: RequestPath) -> Any:
    items = as_literal(value) if isinstance(value, str) else value
    entry = shapes()[kind]["members"] if isinstance(kind, str) and kind in shapes() else {}
    if isinstance(items, Mapping):
        for name, of in _NAMED_ENTRIES:
            if entry.keys() >= {name, of}:
                return _list(kind, [{name: key, of: items[key]} for key in sorted(items)], path)
    if not isinstance(items, list | tuple):
        either = "a list or a mapping" if "name" in entry else "a list"
        raise ValueError(f"{_shown(path)} is {_typed(items)}; the template must give {either}")
    found = []
    for index, item in enumerate(camel_case_members(items) if entry else items):
        if item is None or (kind == "string" and isinstance(item, bool | Mapping | list)):
            text = f"{_shown((*path, index))} is {_typed(item)}; every item must be a string"
            raise ValueError(text)
        found.append(_converted(kind, item, (*path, index)))
    return found


def _map(kind: Any, value: Any, path: RequestPath) -> Any:
    entries = as_literal(value) if isinstance(value, str) else value
    if not isinstance(entries, Mapping):
        raise ValueError(f"{_shown(path)} is {_typed(entries)}; the template must give a mapping")
    return {str(key): _converted(kind, item, (*path, str(key))) for key, item in entries.items()}


def _string(value: Any, path: RequestPath) -> Any:
    if isinstance(value, bool | list):
        raise ValueError(f"{_shown(path)} is {_typed(value)}; it must be a string")
    return str(value) if isinstance(value, int | float) else value


def _integer(value: Any, path: RequestPath) -> int:
    text = str(value).strip()
    if not isinstance(value, bool) and (match := _INTEGER.fullmatch(text)):
        return int(match[1])
    try:
        if path[-1] == "attemptDurationSeconds":
            return seconds(text)
        if path[-1] == "memory":
            return mebibytes(text)
    except ValueError as error:
        raise ValueError(f"{_shown(path)}: {error}") from None
    raise ValueError(f"{_shown(path)} is {value!r}, which is not an integer")


def _boolean(value: Any, path: RequestPath) -> Any:
    if not isinstance(value, str):
        return value
    if (word := value.strip().lower()) not in _BOOLEANS:
        raise ValueError(f"{_shown(path)} is {value!r}; it must be true or false")
    return _BOOLEANS[word]


def _with_amount(requirement: dict[str, Any], path: RequestPath) -> dict[str, Any]:
    """Return a ``ResourceRequirement`` whose value is written as AWS requires: MiB, and ``1`` for ``1.0``."""
    kind, value = requirement.get("type"), requirement.get("value")
    if kind not in _AMOUNTS or value is None:
        return requirement
    own = ("containerOverrides", "containerProperties")
    shown = _AMOUNTS[kind] if path[0] in own else f"{_shown(path)} ({kind})"
    text = str(value).strip()
    if kind == "MEMORY":
        try:
            return {**requirement, "value": str(mebibytes(text))}
        except ValueError as error:
            raise ValueError(f"{shown}: {error}") from None
    if match := _INTEGER.fullmatch(text):
        return {**requirement, "value": str(int(match[1]))}
    if kind == "GPU":
        raise ValueError(f"{shown} is {value!r}, which is not an integer")
    if match := _NUMBER.fullmatch(text):
        return {**requirement, "value": match[1].rstrip("0")}
    raise ValueError(f"{shown} is {value!r}, which is not a number")


def _shown(path: RequestPath) -> str:
    """Return a path as authors write it: ``retry_strategy.evaluate_on_exit[0].action``, ``command[2]``."""
    short = _SHORT_FORMS.get((str(path[0]), str(path[1]))) if len(path) > 1 else None
    parts = path[2:] if short else path[1:]
    shown = short or snake_case(str(path[0]))
    for part in parts:
        shown += f"[{part}]" if isinstance(part, int) else f".{snake_case(part)}"
    return shown


def _typed(value: Any) -> str:
    """Return a value and its type: ``'a b', a string``."""
    if value is None:
        return "None"
    names = {str: "a string", bool: "a boolean", list: "a list", dict: "a mapping"}
    return f"{value!r}, {names.get(type(value), f'of type {type(value).__name__}')}"


_SCALARS: Final[Mapping[str, Callable[[Any, RequestPath], Any]]] = {
    "string": _string,
    "integer": _integer,
    "boolean": _boolean,
}
