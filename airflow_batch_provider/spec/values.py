"""Kinds of values in a spec: literals that are checked at parse, or templates that are not there yet."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, WithJsonSchema

from airflow_batch_provider.units import mebibytes, seconds

_WHOLE: Final = re.compile(r"[+-]?\d+")


def is_template(value: Any) -> bool:
    """Tell whether a value is a Jinja template, known only at run time."""
    return isinstance(value, str) and ("{{" in value or "{%" in value)


def texts_of(value: Any) -> Iterator[str]:
    """List all texts within a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from texts_of(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts_of(item)


def has_template(value: Any) -> bool:
    """Tell whether there is a Jinja template within a value."""
    return any(is_template(text) for text in texts_of(value))


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("this is a truth value; write it in quotes if you mean the text")
    if isinstance(value, int | float):
        return str(value)
    return value


def _whole_number(value: Any) -> Any:
    if is_template(value):
        return value
    if isinstance(value, bool) or not _WHOLE.fullmatch(str(value).strip()):
        raise ValueError(f"{value!r} is not a whole number (or a template that becomes one)")
    return int(value)


def _amount(value: Any) -> Any:
    if is_template(value):
        return value
    try:
        amount = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{value!r} is not a number (or a template that becomes one)") from None
    if isinstance(value, bool) or not amount > 0 or math.isinf(amount):
        raise ValueError(f"{value!r} is not a number above 0")
    return str(int(amount)) if amount.is_integer() else str(amount)


def _memory(value: Any) -> Any:
    return value if is_template(value) else str(mebibytes(value))


def _duration(value: Any) -> Any:
    if is_template(value):
        return value
    if isinstance(value, dict) and set(value) == {"attempt_duration_seconds"}:
        return _duration(value["attempt_duration_seconds"])
    return _fixed_duration(value)


def _fixed_duration(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("this is a truth value, not a duration; write something like '90s', '30m', '1h30m'")
    return int(value.total_seconds()) if isinstance(value, timedelta) else seconds(value)


def _written_as(*kinds: str) -> WithJsonSchema:
    """Say in the JSON Schema what an author can write, which is more than what it becomes."""
    return WithJsonSchema({"type": list(kinds)})


Text = Annotated[str, BeforeValidator(_text), _written_as("string", "number")]
"""A text; numbers are taken as their text, truth values must be quoted."""

WholeNumber = Annotated[int | str, BeforeValidator(_whole_number), _written_as("integer", "string")]
"""A whole number, or a template that becomes one."""

Amount = Annotated[str, BeforeValidator(_amount), _written_as("number", "string")]
"""A positive number as its text (``0.25``), or a template that becomes one."""

Memory = Annotated[str, BeforeValidator(_memory), _written_as("integer", "string")]
"""An amount of memory as its number of MiB, or a template that becomes an amount."""

Duration = Annotated[int | str, BeforeValidator(_duration), _written_as("integer", "string", "object")]
"""A duration in seconds, or a template that becomes a duration; also SubmitJob's ``timeout`` in full."""

FixedDuration = Annotated[int, BeforeValidator(_fixed_duration), _written_as("integer", "string")]
"""A duration in seconds that must be known when the workflow is read."""
