"""AWS's member names: snake_case on our side, camelCase on theirs."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final

_WORD_START: Final = re.compile(r"_+([a-z0-9])")
_CAPITAL: Final = re.compile(r"(?<=[a-z0-9])([A-Z])")
_FREE_KEYS: Final = frozenset(
    {
        "environment",
        "parameters",
        "tags",
        "options",
        "annotations",
        "labels",
        "limits",
        "requests",
        "driverOpts",
    }
)
"""Members that are maps with the author's own keys, which are not names of AWS's."""


def camel_case(name: str) -> str:
    """Turn ``job_queue`` into ``jobQueue``; a name that is camelCase already stays."""
    return _WORD_START.sub(lambda match: match[1].upper(), name)


@cache
def snake_case(name: str) -> str:
    """Turn ``jobQueue`` into ``job_queue``."""
    return _CAPITAL.sub(r"_\1", name).lower()


def aws_shape(value: Any) -> Any:
    """Rename the members of nested mappings to camelCase; maps with free keys keep theirs."""
    if isinstance(value, dict):
        return {
            camel_case(key): member
            if camel_case(key) in _FREE_KEYS and isinstance(member, dict)
            else aws_shape(member)
            for key, member in value.items()
        }
    if isinstance(value, list | tuple):
        return [aws_shape(item) for item in value]
    return value
