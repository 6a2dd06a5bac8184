"""
What AWS's service model says of the members that a spec passes on in full.

``aws_members.json`` is made from botocore by ``make generated``: parsing a spec must not import
botocore, whose service model of AWS Batch alone takes a quarter of a second to load.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any, Final

from airflow_batch_provider.names import camel_case, snake_case
from airflow_batch_provider.spec.document import Path
from airflow_batch_provider.spec.values import is_template

_WORDS: Final = {"string": "a text", "integer": "a whole number", "boolean": "true or false"}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a value: the rule that it breaks, and where below the member."""

    rule: str
    path: Path
    text: str


def problems(member: str, value: Any) -> Iterator[Problem]:
    """Hold a value against the member of SubmitJob or RegisterJobDefinition of that name."""
    yield from _problems(_model()["members"][camel_case(member)], value, ())


def member_kinds() -> Mapping[str, Any]:
    """Return what the members of SubmitJob and RegisterJobDefinition are: names of shapes, lists, maps."""
    return dict(_model()["members"])


def shapes() -> Mapping[str, Any]:
    """Return the shapes by name: their members, and what is required."""
    return dict(_model()["shapes"])


@cache
def _model() -> Any:
    return json.loads(files(__package__).joinpath("aws_members.json").read_text(encoding="utf-8"))


def _problems(kind: Any, value: Any, path: Path) -> Iterator[Problem]:
    if isinstance(kind, list):
        yield from _of_list(kind[0], value, path)
    elif isinstance(kind, dict):
        yield from (
            _of_map(kind["map"], value, path) if "map" in kind else _of_words(kind["enum"], value, path)
        )
    elif kind in _WORDS:
        if not _is_scalar(kind, value):
            yield Problem("E201", path, f"must be {_WORDS[kind]}")
    else:
        yield from _of_structure(_model()["shapes"][kind], value, path)


def _of_list(kind: Any, value: Any, path: Path) -> Iterator[Problem]:
    if not isinstance(value, list):
        of_what = " of mappings" if isinstance(kind, str) and kind not in _WORDS else ""
        yield Problem("E201", path, f"must be a list{of_what}, as AWS has it")
        return
    for index, item in enumerate(value):
        yield from _problems(kind, item, (*path, index))


def _of_map(kind: Any, value: Any, path: Path) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield Problem("E201", path, "must be a mapping")
        return
    for key, item in value.items():
        yield from _problems(kind, item, (*path, key))


def _of_words(words: list[str], value: Any, path: Path) -> Iterator[Problem]:
    if not is_template(value) and str(value).upper() not in {word.upper() for word in words}:
        yield Problem("E201", path, f"{value!r} is not one of {', '.join(words)}")


def _of_structure(shape: Mapping[str, Any], value: Any, path: Path) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield Problem("E201", path, "must be a mapping")
        return
    members = shape["members"]
    known = {camel_case(name): name for name in value}
    for member, name in known.items():
        if member in members:
            yield from _problems(members[member], value[name], (*path, name))
        else:
            near = get_close_matches(snake_case(name), [snake_case(each) for each in members], n=1)
            hint = (
                f"did you mean '{near[0]}'?" if near else f"known here: {', '.join(map(snake_case, members))}"
            )
            yield Problem("E202", (*path, name), f"unknown key '{name}'; {hint}")
    for member in shape.get("required", []):
        if member not in known:
            yield Problem("E203", (*path, snake_case(member)), f"key '{snake_case(member)}' is missing")


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
