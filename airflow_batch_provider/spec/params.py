"""Params of a workflow: plain defaults, or definitions that shape the trigger form."""

from __future__ import annotations

from typing import Any


def is_param_definition(value: Any) -> bool:
    """Tell a param that is defined (``type``, ``default``, …) from one that is just a default value."""
    return isinstance(value, dict) and ("type" in value or "default" in value or "enum" in value)
