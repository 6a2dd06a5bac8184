"""
The JSON Schema of a workflow file, for editors.

The schema is derived from the models. This module adds what the models do not contain: the keys
that preprocessing removes (``extends``, ``variables``, ``for_each``, ``matrix``), the short forms
of list entries, and the members of AWS's service model.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

from airflow_batch_provider.aws_requests.model import member_kinds, shapes
from airflow_batch_provider.names import camel_case, snake_case
from airflow_batch_provider.spec.models import Workflow
from airflow_batch_provider.spec.task_argument_names import JOB_ONLY

SCHEMA_FILE: Final = "workflow.schema.json"

_PYTHON_ONLY: Final = (
    "deadline",
    "template_undefined",
    "user_defined_macros",
    "user_defined_filters",
)
_MODELS_WITH_AWS_NAMES: Final = frozenset(
    {
        *("Backfill", "ComputeEnvironment", "ComputeResources", "ConnectionSettings", "EnvironmentOrder"),
        *("Job", "JobDefinition", "JobQueue", "JobSettings", "Resources", "SchedulingPolicy", "Share"),
    }
)
_STRING_ALLOWED: Final = ("Dependency", "AssetReference", "EnvironmentOrder")
"""Models that accept a plain string as a short form."""

_VARIABLE: Final = {"type": "string", "pattern": r"^\$\{\{.*\}\}$"}
_SCALARS: Final = {
    "string": {"type": ["string", "number"]},
    "integer": {"type": ["integer", "string"]},
    "boolean": {"type": ["boolean", "string"]},
}

_PYTHON_ONLY_ARGUMENTS: Final = (
    "retry_policy",
    "inlets",
    "outlets",
    "pre_execute",
    "post_execute",
)


def published_schema() -> str:
    """Return the text of the schema that is shipped with the package."""
    return files(__package__).joinpath(SCHEMA_FILE).read_text(encoding="utf-8")


def workflow_schema() -> dict[str, Any]:
    """Build the schema of a workflow file from the models."""
    schema: dict[str, Any] = Workflow.model_json_schema(mode="validation")
    definitions = schema["$defs"]
    for name, shape in shapes().items():
        definitions[f"aws.{name}"] = _aws_shape_schema(shape)
    for model in (schema, *definitions.values()):
        _add_aws_members(model)
    for name, definition in definitions.items():
        if name in _MODELS_WITH_AWS_NAMES:
            _add_aws_names(name, definition)
    _add_preprocessed_keys(schema, definitions)
    schema = _without_titles(_relax(schema))
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "AWS Batch workflow",
    }
    return {**head, **schema}


def _without_titles(value: Any) -> Any:
    """Remove the titles that pydantic generates from names: editors would show both."""
    if isinstance(value, dict):
        return {
            name: _without_titles(inner)
            for name, inner in value.items()
            if name != "title" or not isinstance(inner, str)
        }
    return [_without_titles(item) for item in value] if isinstance(value, list) else value


def _add_preprocessed_keys(schema: dict[str, Any], definitions: dict[str, Any]) -> None:
    schema["properties"]["extends"] = {
        "description": "Fragments to extend: paths relative to this file; later ones override earlier ones.",
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
    }
    schema["properties"]["variables"] = {
        "description": "Values for ${{ name }}, substituted when the file is read.",
        "type": "object",
    }
    schema["patternProperties"] = {"^x-": {"description": "Ignored; use these keys for YAML anchors."}}
    schema.pop("required", None)  # fragments do not need every key
    definitions["Job"]["properties"].update(
        for_each={
            "description": "Expands to one job for each entry, available as ${{ item }}.",
            "anyOf": [{"type": "array", "minItems": 1}, _VARIABLE],
        },
        matrix={
            "description": "Expands to one job for each combination, available as ${{ matrix.name }}.",
            "anyOf": [
                {"type": "object", "additionalProperties": {"type": "array", "minItems": 1}},
                _VARIABLE,
            ],
        },
        array_properties={"$ref": "#/$defs/aws.ArrayProperties"},
    )
    settings = definitions["AirflowSettings"]["properties"]
    for name in _PYTHON_ONLY:
        del settings[name]
    arguments = definitions["DefaultArguments"]["properties"]
    for name in (*_PYTHON_ONLY_ARGUMENTS, *JOB_ONLY):
        del arguments[name]
    schedule = {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/Schedule"}, {"type": "null"}]}
    settings["schedule"] = {**schedule, "description": settings["schedule"]["description"]}


def _add_aws_names(name: str, definition: dict[str, Any]) -> None:
    """Allow AWS's camelCase beside each key, as patterns: editors do not suggest them."""
    definition["patternProperties"] = {
        f"^{camel_case(key)}$": {"$ref": f"#/$defs/{name}/properties/{key}"}
        for key in definition["properties"]
        if camel_case(key) != key and key not in ("depends_on", "for_each")
    }


def _add_aws_members(model: dict[str, Any]) -> None:
    """Replace the schema "any mapping" of full members by AWS's shapes."""
    kinds = {snake_case(name): kind for name, kind in member_kinds().items()}
    for name, member in model.get("properties", {}).items():
        options = member.get("anyOf", [])
        is_any_mapping = any(option.get("additionalProperties") is True for option in options)
        if is_any_mapping and isinstance(kind := kinds.get(name), str):
            member["anyOf"] = [_aws_kind_schema(kind), {"type": "null"}]


def _aws_shape_schema(shape: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {snake_case(name): _aws_kind_schema(kind) for name, kind in shape["members"].items()},
    }


def _aws_kind_schema(kind: Any) -> dict[str, Any]:
    if isinstance(kind, list):
        return {"type": "array", "items": _aws_kind_schema(kind[0])}
    if isinstance(kind, dict):
        if "map" in kind:
            return {"type": "object", "additionalProperties": _aws_kind_schema(kind["map"])}
        return {"anyOf": [{"enum": kind["enum"]}, {"type": "string"}]}
    return _SCALARS.get(kind, {"$ref": f"#/$defs/aws.{kind}"})


def _relax(value: Any) -> Any:
    """Allow a variable in place of any number or boolean, and a string where it is a short form."""
    if isinstance(value, list):
        return [_relax(item) for item in value]
    if not isinstance(value, dict):
        return value
    relaxed = {key: _relax(item) for key, item in value.items() if key != "default" or item is not None}
    if value.get("type") in ("integer", "number", "boolean"):
        about = {key: relaxed.pop(key) for key in ("description",) if key in relaxed}
        return {**about, "anyOf": [relaxed, _VARIABLE]}
    if str(value.get("$ref", "")).rpartition("/")[2] in _STRING_ALLOWED:
        return {"anyOf": [{"type": "string"}, relaxed]}
    return relaxed
