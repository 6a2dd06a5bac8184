"""
Validate the members that a spec passes to AWS in full against AWS's service model.

``make generated`` derives ``aws_members.json`` from botocore. Parsing a spec must not import
botocore, which takes a quarter of a second to load the service model of AWS Batch alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from airflow_batch_provider.names import camel_case, snake_case
from airflow_batch_provider.spec.document import DataPath
from airflow_batch_provider.spec.suggestions import did_you_mean
from airflow_batch_provider.spec.values import is_template

_SCALARS: Final = {"string": "a string", "integer": "an integer", "boolean": "true or false"}


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem with a value: the rule that it breaks, and its path below the member."""

    rule: str
    path: DataPath
    text: str


def problems(member: str, value: Any) -> Iterator[Problem]:
    """Validate a value against the member of SubmitJob or RegisterJobDefinition with this name."""
    yield from _problems(_model()["members"][camel_case(member)], value, ())


def member_kinds() -> Mapping[str, Any]:
    """Return the kinds of SubmitJob's and RegisterJobDefinition's members: shape names, lists and maps."""
    return dict(_model()["members"])


def shapes() -> Mapping[str, Any]:
    """Return the shapes by name, each with its members and the names of the required ones."""
    return dict(_model()["shapes"])


@cache
def _model() -> Any:
    return json.loads(files(__package__).joinpath("aws_members.json").read_text(encoding="utf-8"))


def _problems(kind: Any, value: Any, path: DataPath) -> Iterator[Problem]:
    if isinstance(kind, list):
        yield from _list_problems(kind[0], value, path)
    elif isinstance(kind, dict) and "map" in kind:
        yield from _map_problems(kind["map"], value, path)
    elif isinstance(kind, dict):
        yield from _enum_problems(kind["enum"], value, path)
    elif kind in _SCALARS:
        if not _is_scalar(kind, value):
            yield Problem("E201", path, f"must be {_SCALARS[kind]}")
    else:
        yield from _structure_problems(_model()["shapes"][kind], value, path)


def _list_problems(kind: Any, value: Any, path: DataPath) -> Iterator[Problem]:
    if not isinstance(value, list):
        items = " of mappings" if isinstance(kind, str) and kind not in _SCALARS else ""
        yield Problem("E201", path, f"must be a list{items}, as in the AWS Batch API")
        return
    for index, item in enumerate(value):
        yield from _problems(kind, item, (*path, index))


def _map_problems(kind: Any, value: Any, path: DataPath) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield Problem("E201", path, "must be a mapping")
        return
    for key, item in value.items():
        yield from _problems(kind, item, (*path, key))


def _enum_problems(words: list[str], value: Any, path: DataPath) -> Iterator[Problem]:
    # AWS accepts some of these words in any case, such as
    # `action` of evaluateOnExit; botocore does not validate them.
    if not is_template(value) and str(value).upper() not in {word.upper() for word in words}:
        suggestion = did_you_mean(str(value), words)
        yield Problem("E201", path, f"{value!r} is not one of {', '.join(words)}{suggestion}")


def _structure_problems(shape: Mapping[str, Any], value: Any, path: DataPath) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield Problem("E201", path, "must be a mapping")
        return
    members = shape["members"]
    written = {camel_case(name): name for name in value}
    for member, name in written.items():
        if member in members:
            yield from _problems(members[member], value[name], (*path, name))
        else:
            allowed = list(map(snake_case, members))
            listed = f"; the allowed keys are {', '.join(allowed)}"
            suggestion = did_you_mean(snake_case(name), allowed, otherwise=listed)
            yield Problem("E202", (*path, name), f"unknown key '{name}'{suggestion}")
    for member in shape.get("required", []):
        if member not in written:
            yield Problem("E203", (*path, snake_case(member)), f"missing key '{snake_case(member)}'")


def _is_scalar(kind: str, value: Any) -> bool:
    if is_template(value):
        return True
    if kind == "boolean":
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if kind == "string":
        return isinstance(value, str | int | float)
    return isinstance(value, int) or (isinstance(value, str) and value.strip().lstrip("+-").isdecimal())
