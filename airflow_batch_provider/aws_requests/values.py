"""
Read a request whose values can be templates.

A value of a wrong type reads as an empty one: AWS's service model, not a rule, decides about types.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

_TEMPLATE_MARKS: Final = ("{{", "{%")
_TEMPLATE: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


def is_template(value: Any) -> bool:
    """Return whether a value is a Jinja template, whose result is known only at run time."""
    return isinstance(value, str) and any(mark in value for mark in _TEMPLATE_MARKS)


def literal_text(text: str) -> str:
    """Return the parts of a text that are not templates."""
    return _TEMPLATE.sub("", text)


def literal(value: Any) -> Any:
    """Return a value without the templates in it, at any depth."""
    if isinstance(value, str):
        return literal_text(value)
    if isinstance(value, Mapping):
        return {key: literal(item) for key, item in value.items()}
    return [literal(item) for item in value] if isinstance(value, list | tuple) else value


def mapping(value: Any) -> Mapping[str, Any]:
    """Return a mapping, or an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def items(value: Any) -> list[Any]:
    """Return a list, or an empty one for anything else."""
    return list(value) if isinstance(value, list | tuple) else []


def entries(value: Any) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the mappings in a list, with their indexes."""
    for index, item in enumerate(items(value)):
        if isinstance(item, Mapping):
            yield index, item


def name_in(part: Mapping[str, Any], member: str = "name") -> str | None:
    """Return a name, which can be a template; None if it is missing or of a wrong type."""
    name = part.get(member)
    return name if isinstance(name, str) and name else None


def known_text(value: Any) -> str | None:
    """Return a text or number as a text; None for a template and for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float) or is_template(value):
        return None
    return str(value)


def known_number(value: Any) -> float | None:
    """Return a number that can be written as a text; None for a template and for anything else."""
    try:
        number = float(known_text(value) or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def is_missing(value: Any) -> bool:
    """Return whether AWS Batch sees no value."""
    return value is None or value == ""
