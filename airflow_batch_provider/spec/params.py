"""Params of a workflow: plain defaults, or definitions with a JSON Schema."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

DEFINITION_KEYS: Final = frozenset({"default", "type", "enum", "title", "description", "description_md"})
"""The keys that mark a mapping as a definition; a mapping without any of them is a plain default."""

JSON_TYPES: Final = ("array", "boolean", "integer", "null", "number", "object", "string")
"""The values of ``type`` in JSON Schema."""

_RESERVED: Final = frozenset({"schema", "self"})
"""Arguments of ``Param`` that are not keywords of JSON Schema."""

_NOT_IN_SCHEMA: Final = frozenset({"default", "description"})
"""The keys of a definition that Airflow's ``Param`` takes as arguments of their own."""


def is_param_definition(value: Any) -> bool:
    """
    Return whether a param is a definition (``{type: integer, default: 3}``) and not a plain default value.

    The DAG and the command line share this definition of a definition.
    """
    return isinstance(value, dict) and not DEFINITION_KEYS.isdisjoint(value)


def param_schema(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON Schema of a definition."""
    return {key: value for key, value in definition.items() if key not in _NOT_IN_SCHEMA}


def param_types(schema: Mapping[str, Any]) -> list[Any]:
    """Return the types that a definition or its schema allows."""
    kinds = schema.get("type", [])
    return kinds if isinstance(kinds, list) else [kinds]


def definition_problem(definition: Mapping[str, Any]) -> tuple[str | None, str] | None:
    """Return the key of a definition that Airflow does not accept, and the reason; None if it is valid."""
    for name in sorted(_RESERVED & definition.keys()):
        return name, f"'{name}' is not a keyword of JSON Schema; write the keywords into the param itself"
    if not isinstance(definition.get("description", ""), str | None):
        return "description", "'description' must be a string"
    return None


def json_problem(value: Any) -> str | None:
    """Return why a value that YAML can contain is not a JSON value, at any depth; None if it is one."""
    if isinstance(value, date):
        return "YAML reads the value as a date; put it in quotes"
    if isinstance(value, bytes | set):
        return (
            f"{value!r} is {'binary data' if isinstance(value, bytes) else 'a set'}; use a string or a list"
        )
    if isinstance(value, float) and not math.isfinite(value):
        return f"{value} is not a number in JSON"
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return next(filter(None, map(json_problem, items)), None)


def schema_problem(schema: Mapping[str, Any]) -> tuple[str | None, str] | None:
    """Return the keyword that is wrong in a JSON Schema and the reason; None if the schema is valid."""
    if not isinstance(schema.get("$schema", ""), str):
        return "$schema", "must be a string"
    if reference := next(_remote_references(schema), None):
        return None, f"'{reference}' is outside of the param; include its definition and refer to it as '#/…'"
    from jsonschema import SchemaError  # imported here to keep the parsing of DAG files fast
    from jsonschema.validators import validator_for

    try:
        validator_for(schema).check_schema(schema)
    except SchemaError as error:
        return (str(error.path[0]) if error.path else None), error.message
    return None


def value_problem(value: Any, schema: Mapping[str, Any]) -> str | None:
    """
    Return why a value does not match a valid JSON Schema; None if it does.

    Validate as Airflow's ``Param.resolve`` does: in the latest draft by default, formats included.
    """
    from jsonschema import FormatChecker
    from jsonschema.exceptions import best_match
    from jsonschema.validators import validator_for
    from referencing.exceptions import Unresolvable

    if problem := json_problem(value):
        return problem
    validator = validator_for(schema)(schema, format_checker=FormatChecker())
    try:
        error = best_match(validator.iter_errors(value))
    except Unresolvable as missing:
        return f"the '$ref' of its definition does not exist: {missing}"
    return None if error is None else str(error.message)


def _remote_references(schema: Any) -> Iterator[str]:
    """Yield the references in a JSON Schema that a validator would load from elsewhere."""
    if isinstance(schema, dict):
        for keyword, value in schema.items():
            if keyword in ("$ref", "$dynamicRef") and isinstance(value, str) and not value.startswith("#"):
                yield value
            yield from _remote_references(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from _remote_references(item)
