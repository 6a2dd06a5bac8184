"""The parameters of a run: the spec's defaults, and what was set on the command line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from airflow_batch_provider.errors import SpecError

_OF_A_PARAM: Final = frozenset({"default", "type", "enum", "description", "title"})
"""Keys by which a mapping describes a parameter, as it does for Airflow's trigger form."""


def defaults_of(params: Mapping[str, Any] | None) -> dict[str, Any]:
    """Take the default values of the spec's ``airflow.params``."""
    return {
        name: written.get("default")
        if isinstance(written, dict) and written.keys() & _OF_A_PARAM
        else written
        for name, written in (params or {}).items()
    }


def read_settings(written: Sequence[str], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """
    Read ``key=value`` texts; a value that is JSON is read as such: ``2`` is a number, ``"2"`` a text.

    :raises SpecError: a text is no setting, or names no parameter of the workflow.
    """
    settings: dict[str, Any] = {}
    for text in written:
        name, equals, value = text.partition("=")
        if not equals:
            raise SpecError(f"--set takes key=value; {text!r} has no '='")
        if name not in defaults:
            raise SpecError(_unknown(name, defaults))
        settings[name] = _value(value)
    return settings


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _unknown(name: str, defaults: Mapping[str, Any]) -> str:
    if not defaults:
        return f"--set {name}: the workflow has no parameters; write them under 'params' of its 'airflow'"
    near = get_close_matches(name, defaults, n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"there are: {', '.join(defaults)}"
    return f"--set {name}: the workflow has no such parameter; {hint}"
