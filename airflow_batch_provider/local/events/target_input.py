"""The input of a target: the whole event, a part of it, a constant or a template (``InputTransformer``)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

PLACEHOLDER: Final = re.compile(r"<([A-Za-z0-9_.-]+)>")
PATH_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\['([^']+)'\]")


def input_for(target: Mapping[str, Any], rule_name: str, event: Mapping[str, Any]) -> str:
    """Return the message for a target."""
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        return json.dumps(_at(target["InputPath"], event))
    transformer = target.get("InputTransformer")
    if transformer is None:
        return json.dumps(event)
    values = {name: _at(path, event) for name, path in transformer.get("InputPathsMap", {}).items()}
    reserved = {
        "aws.events.rule-name": rule_name,
        "aws.events.event": event,
        "aws.events.event.json": event,
        "aws.events.event.ingestion-time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return _fill(transformer["InputTemplate"], {**reserved, **values})


def _fill(template: str, values: Mapping[str, Any]) -> str:
    """
    Fill in a template. Strings are quoted unless the placeholder is already inside quotes.

    A value that the event lacks becomes an empty string.
    """
    filled, end, is_quoted = [], 0, False
    is_json = template.lstrip().startswith("{")
    for match in PLACEHOLDER.finditer(template):
        # An odd number of unescaped quotes before the placeholder opens or closes a string.
        before = template[end : match.start()]
        is_quoted ^= len(re.findall(r'(?<!\\)"', before)) % 2 == 1
        filled += [before, _render(values.get(match[1]), needs_quotes=is_json and not is_quoted)]
        end = match.end()
    return "".join([*filled, template[end:]])


def _render(value: Any, *, needs_quotes: bool) -> str:
    if isinstance(value, str):
        return json.dumps(value) if needs_quotes else json.dumps(value)[1:-1]
    if value is None:
        return '""' if needs_quotes else ""
    return json.dumps(value)


def _at(path: str, event: Any) -> Any:
    """Return the value at a path such as ``$.detail.attempts[0].exitCode``, or ``None``."""
    value = event
    for name, index, quoted in PATH_STEP.findall(path.removeprefix("$")):
        try:
            value = value[int(index)] if index else value[name or quoted]
        except (KeyError, IndexError, TypeError):
            return None
    return value
