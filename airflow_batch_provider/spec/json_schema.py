"""
The JSON Schema of a workflow file, for editors.

Made from the models; what is done before the models see a spec (``extends``, ``variables``,
``for_each``, ``matrix``, short forms of entries) and AWS's own members are added here.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

from airflow_batch_provider.names import snake_case
from airflow_batch_provider.spec.aws_members import member_kinds, shapes
from airflow_batch_provider.spec.models import Workflow

SCHEMA_FILE: Final = "workflow.schema.json"

_PYTHON_ONLY: Final = (
    "deadline",
    "template_undefined",
    "user_defined_macros",
    "user_defined_filters",
    "on_success_callback",
    "on_failure_callback",
)
_AS_TEXT_TOO: Final = ("Dependency", "AssetReference", "EnvironmentOrder")
"""Models for which a plain text stands."""

_VARIABLE: Final = {"type": "string", "pattern": r"^\$\{\{.*\}\}$"}
_DAY: Final = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}"}
_SCALARS: Final = {
    "string": {"type": ["string", "number"]},
    "integer": {"type": ["integer", "string"]},
    "boolean": {"type": ["boolean", "string"]},
}


def published_schema() -> str:
    """Return the schema as it is shipped."""
    return files(__package__).joinpath(SCHEMA_FILE).read_text(encoding="utf-8")


def workflow_schema() -> dict[str, Any]:
    """Make the schema of a file."""
    schema: dict[str, Any] = Workflow.model_json_schema(mode="validation")
    definitions = schema["$defs"]
    for name, shape in shapes().items():
        definitions[f"aws.{name}"] = _aws_shape(shape)
    for model in (schema, *definitions.values()):
        _with_aws_members(model)
    _as_written(schema, definitions)
    schema = _without_titles(_relaxed(schema))
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "AWS Batch workflow",
    }
    return {**head, **schema}


def _without_titles(value: Any) -> Any:
    """Leave out the titles that pydantic makes of names: an editor would show each beside the name."""
    if isinstance(value, dict):
        return {
            name: _without_titles(inner)
            for name, inner in value.items()
            if name != "title" or not isinstance(inner, str)
        }
    return [_without_titles(item) for item in value] if isinstance(value, list) else value


def _as_written(schema: dict[str, Any], definitions: dict[str, Any]) -> None:
    schema["properties"]["extends"] = {
        "description": "Files that lie under this one, relative to it; a later one over an earlier one.",
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
    }
    schema["properties"]["variables"] = {
        "description": "Values for ${{ name }}, put in when the file is read.",
        "type": "object",
    }
    schema["patternProperties"] = {"^x-": {"description": "The author's own: a place for anchors."}}
    schema.pop("required", None)  # a fragment need not have everything
    jobs = schema["properties"]["jobs"]
    jobs["additionalProperties"] = {"anyOf": [jobs["additionalProperties"], {"type": "null"}]}
    definitions["Job"]["properties"].update(
        for_each={
            "description": "Makes a job of each entry, which is ${{ item }} in it.",
            "anyOf": [{"type": "array", "minItems": 1}, _VARIABLE],
        },
        matrix={
            "description": "Makes a job of each combination; its values are ${{ matrix.name }}.",
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
    for name in ("start_date", "end_date"):
        settings[name]["anyOf"] = [_DAY, {"type": "null"}]
    schedule = {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/Schedule"}, {"type": "null"}]}
    settings["schedule"] = {**schedule, "description": settings["schedule"]["description"]}


def _with_aws_members(model: dict[str, Any]) -> None:
    """Describe members in full by AWS's shapes instead of as any mapping."""
    kinds = {snake_case(name): kind for name, kind in member_kinds().items()}
    for name, member in model.get("properties", {}).items():
        options = member.get("anyOf", [])
        is_any_mapping = any(option.get("additionalProperties") is True for option in options)
        if is_any_mapping and isinstance(kind := kinds.get(name), str):
            member["anyOf"] = [_aws_kind(kind), {"type": "null"}]


def _aws_shape(shape: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {snake_case(name): _aws_kind(kind) for name, kind in shape["members"].items()},
    }


def _aws_kind(kind: Any) -> dict[str, Any]:
    if isinstance(kind, list):
        return {"type": "array", "items": _aws_kind(kind[0])}
    if isinstance(kind, dict):
        if "map" in kind:
            return {"type": "object", "additionalProperties": _aws_kind(kind["map"])}
        return {"anyOf": [{"enum": kind["enum"]}, {"type": "string"}]}
    return _SCALARS.get(kind, {"$ref": f"#/$defs/aws.{kind}"})


def _relaxed(value: Any) -> Any:
    """Allow a variable wherever there is no text, and a text where it stands for a model."""
    if isinstance(value, list):
        return [_relaxed(item) for item in value]
    if not isinstance(value, dict):
        return value
    relaxed = {key: _relaxed(item) for key, item in value.items() if key != "default" or item is not None}
    if value.get("type") in ("integer", "number", "boolean"):
        about = {key: relaxed.pop(key) for key in ("description",) if key in relaxed}
        return {**about, "anyOf": [relaxed, _VARIABLE]}
    if str(value.get("$ref", "")).rpartition("/")[2] in _AS_TEXT_TOO:
        return {"anyOf": [{"type": "string"}, relaxed]}
    return relaxed
