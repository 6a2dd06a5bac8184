"""The params of a run without Airflow: the spec's defaults, and the values set on the command line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import StrictUndefined

from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.spec.params import is_param_definition, param_schema, param_types, value_problem
from airflow_batch_provider.spec.suggestions import did_you_mean


def default_params(params: Mapping[str, Any] | None) -> dict[str, Any]:
    """
    Return the default values of the spec's ``airflow.params``.

    A param without a default gets a value that raises when a template uses it.
    """
    return {
        name: value.get("default", _without_default(name, value)) if is_param_definition(value) else value
        for name, value in (params or {}).items()
    }


def parse_settings(settings: Sequence[str], params: Mapping[str, Any] | None) -> dict[str, Any]:
    """
    Parse ``key=value`` strings; parse a value that is JSON as JSON: ``2`` is a number, ``"2"`` a string.

    A value whose param has a definition must match its JSON Schema. ``2`` therefore stays a string if
    only a string matches.

    :param params: the spec's ``airflow.params``.
    :raises SpecError: a string has no ``=``, names an unknown param, or its value does not match.
    """
    known = params or {}
    parsed: dict[str, Any] = {}
    for text in settings:
        name, equals, value = text.partition("=")
        if not equals:
            raise SpecError(f"--set {text!r} has no '='; write --set key=value")
        if name not in known:
            raise SpecError(_unknown_param(name, list(known)))
        parsed[name] = _parse_value(name, value, known[name])
    return parsed


def _parse_value(name: str, text: str, param: Any) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    if not is_param_definition(param):
        return value
    schema = param_schema(param)
    problem = value_problem(value, schema)
    if problem is None:
        return value
    if value_problem(text, schema) is None:
        return text
    raise SpecError(f"--set {name}: {problem}")


def _without_default(name: str, definition: Mapping[str, Any]) -> StrictUndefined | None:
    return None if "null" in param_types(definition) else _required(name)


def _required(name: str) -> StrictUndefined:
    return StrictUndefined(hint=f"param '{name}' has no default; set it with --set {name}=VALUE", name=name)


def _unknown_param(name: str, known: list[str]) -> str:
    if not known:
        return f"--set {name}: the workflow has no params; define them under 'airflow: {{params: …}}'"
    suggestion = did_you_mean(name, known, otherwise=f"; its params are {', '.join(known)}")
    return f"--set {name}: the workflow has no such param{suggestion}"
