"""Types of the values in a spec: literals that are checked when it is read, or templates."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, ValidatorFunctionWrapHandler, WithJsonSchema

from airflow_batch_provider.names import snake_case
from airflow_batch_provider.units import mebibytes, seconds

_DAY: Final = 24 * 3600
_DURATION_MAX: Final = 2**31 - 1
"""In seconds: AWS Batch and databases hold durations in 32 bits."""
_INTEGER: Final = re.compile(r"[+-]?\d+")
_TEMPLATE_MARKS: Final = ("{{", "{%")
_TEMPLATE: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_WHOLE_TEMPLATE: Final = re.compile(r"\s*(\{\{.*\}\}|\{%.*%\})\s*", re.DOTALL)


def is_template(value: Any) -> bool:
    """Return whether a value is a Jinja template, whose result is known only at run time."""
    return isinstance(value, str) and any(mark in value for mark in _TEMPLATE_MARKS)


def is_whole_template(value: Any) -> bool:
    """Return whether a value is nothing but a template, which can render to a list or a mapping."""
    return isinstance(value, str) and _WHOLE_TEMPLATE.fullmatch(value) is not None


def without_templates(text: str) -> str:
    """Return the literal parts of a string, without its Jinja expressions and statements."""
    return _TEMPLATE.sub("", text)


def strings_in(value: Any) -> Iterator[str]:
    """Yield all strings in a value, at any depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from strings_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from strings_in(item)


def has_template(value: Any) -> bool:
    """Return whether a value contains a Jinja template, at any depth."""
    return any(is_template(text) for text in strings_in(value))


def as_written(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    """Check a value, but leave its type: another type or order would change the digest of the plan."""
    check(value)
    return value


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("expected a string, got a boolean; put the value in quotes")
    if isinstance(value, int | float):
        return str(value)
    return value


def _integer(value: Any) -> Any:
    if is_template(value):
        return value
    if isinstance(value, bool) or not _INTEGER.fullmatch(str(value).strip()):
        raise ValueError(f"{value!r} is not an integer or a template")
    return int(value)


def _amount(value: Any) -> Any:
    if is_template(value):
        return value
    try:
        amount = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{value!r} is not a number or a template") from None
    if isinstance(value, bool) or not amount > 0 or math.isinf(amount):
        raise ValueError(f"{value!r} is not a number greater than 0")
    return str(int(amount)) if amount.is_integer() else str(amount)


def _memory(value: Any) -> Any:
    return value if is_template(value) else str(mebibytes(value))


def _duration(value: Any) -> Any:
    if is_template(value):
        return value
    if isinstance(value, dict):
        members = {snake_case(str(name)): member for name, member in value.items()}
        if members.keys() != {"attempt_duration_seconds"}:
            raise ValueError(
                "a mapping must have the key 'attempt_duration_seconds' and no other; "
                "you can also write seconds or a value such as '2h'"
            )
        return _duration(members["attempt_duration_seconds"])
    return _fixed_duration(value)


def _fixed_duration(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError(
            "expected a duration, got a boolean; write seconds or a value such as '90s', '30m' or '1h30m'"
        )
    length = int(value.total_seconds()) if isinstance(value, timedelta) else seconds(value)
    if not 0 <= length <= _DURATION_MAX:
        raise ValueError(f"'{value}' is not a duration from 0 seconds to {_DURATION_MAX // _DAY:,} days")
    return length


def _input_schema(*kinds: str) -> WithJsonSchema:
    """Describe in the JSON Schema what an author can write, which is more than the parsed type."""
    return WithJsonSchema({"type": list(kinds)})


Text = Annotated[str, BeforeValidator(_text), _input_schema("string", "number")]
"""A string. Numbers are converted to strings; booleans must be quoted."""

WholeNumber = Annotated[int | str, BeforeValidator(_integer), _input_schema("integer", "string")]
"""An integer, or a template that renders to one."""

Amount = Annotated[str, BeforeValidator(_amount), _input_schema("number", "string")]
"""A positive number as a string (``0.25``), or a template that renders to one."""

Memory = Annotated[str, BeforeValidator(_memory), _input_schema("integer", "string")]
"""An amount of memory in MiB, as a string, or a template that renders to an amount of memory."""

Duration = Annotated[int | str, BeforeValidator(_duration), _input_schema("integer", "string", "object")]
"""A duration in seconds, or a template that renders to one; also SubmitJob's full ``timeout``."""

FixedDuration = Annotated[int, BeforeValidator(_fixed_duration), _input_schema("integer", "string")]
"""A duration in seconds. It cannot be a template."""
