"""Params of a workflow: plain defaults, or definitions with a JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

DEFINITION_KEYS: Final = frozenset({"default", "type", "enum", "title", "description", "description_md"})
"""The keys that mark a mapping as a definition; a mapping without any of them is a plain default."""

JSON_TYPES: Final = ("array", "boolean", "integer", "null", "number", "object", "string")
"""The values of ``type`` in JSON Schema."""

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


def schema_problem(schema: Mapping[str, Any]) -> tuple[str | None, str] | None:
    """Return the keyword that is wrong in a JSON Schema and the reason; None if the schema is valid."""
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

    if isinstance(value, date):
        return "YAML reads the value as a date; put it in quotes"
    validator = validator_for(schema)(schema, format_checker=FormatChecker())
    error = best_match(validator.iter_errors(value))
    return None if error is None else str(error.message)
