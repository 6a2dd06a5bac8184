"""Build the language reference from `docs/language/page.md`, its examples and the keys of the models."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from airflow_batch_provider.spec import models
from airflow_batch_provider.spec.json_schema import workflow_schema
from airflow_batch_provider.spec.language import resources
from airflow_batch_provider.spec.language.base import LanguageModel
from airflow_batch_provider.spec.models import (
    ConnectionSettings,
    DefaultArguments,
    Job,
    JobTaskSettings,
    PythonTask,
    TaskSettings,
    Workflow,
)

FOLDER = Path(__file__).parent / "language"
TRANSCRIPT = FOLDER.parent / "editor" / "transcript.txt"
_DIRECTIVE = re.compile(r"<!-- (example|keys): (\w+) -->")
_TYPES = {"string": "string", "integer": "number", "boolean": "boolean"}


def language() -> str:
    """Return the page."""
    page = (FOLDER / "page.md").read_text(encoding="utf-8")
    transcript = f"```text\n{TRANSCRIPT.read_text(encoding='utf-8')}```"
    return _DIRECTIVE.sub(
        lambda match: _example(match[2]) if match[1] == "example" else _keys(match[2]),
        page.replace("<!-- transcript: editor -->", transcript),
    )


def _example(name: str) -> str:
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    return f"```yaml\n# docs/language/{name}.yaml\n{text}```"


def _keys(name: str) -> str:
    model: type[LanguageModel] = getattr(models, name, None) or getattr(resources, name)
    about = (model.__doc__ or "").strip().splitlines()[0]
    rows = "\n".join(_rows(model))
    return f"**{name}**: {_prose(about)}\n\n| key | type | description |\n|---|---|---|\n{rows}"


def _rows(model: type[LanguageModel]) -> Iterator[str]:
    excluded = frozenset(JobTaskSettings.model_fields) if model in (Job, PythonTask) else frozenset()
    if model is JobTaskSettings:
        excluded = frozenset(TaskSettings.model_fields)
    if model is DefaultArguments:
        excluded = frozenset(JobTaskSettings.model_fields) | frozenset(ConnectionSettings.model_fields)
    properties = _properties(model)
    for name, field in model.model_fields.items():
        if name not in excluded:
            types = (
                " or ".join(dict.fromkeys(_kinds(properties[name]))) if name in properties else "in Python"
            )
            required = ", required" if field.is_required() else ""
            yield f"| `{name}` | {types}{required} | {_prose(field.description or '')} |"


def _properties(model: type[LanguageModel]) -> dict[str, Any]:
    schema = workflow_schema()
    if model is Workflow:
        return dict(schema["properties"])
    # The schema has no definition of base models such as TaskSettings: take their keys from those of a job.
    return dict(schema["$defs"].get(model.__name__, schema["$defs"]["Job"])["properties"])


def _kinds(schema: dict[str, Any]) -> Iterator[str]:
    """Yield the types of a key's values, in a few words."""
    if str(schema.get("pattern", "")).startswith(r"^\$"):
        return  # a variable, which can replace any value
    if "$ref" in schema:
        yield _of_reference(schema["$ref"].rpartition("/")[2])
        return
    for option in (*schema.get("anyOf", []), *schema.get("oneOf", [])):
        yield from _kinds(option)
    if "enum" in schema or "const" in schema:
        yield from (f"`{value}`" for value in schema.get("enum", [schema.get("const")]))
        return
    kinds = schema.get("type", [])
    for kind in kinds if isinstance(kinds, list) else [kinds]:
        if kind != "null":
            yield _of_kind(kind, schema)


def _of_reference(name: str) -> str:
    values = workflow_schema()["$defs"][name].get("enum")
    return " or ".join(f"`{value}`" for value in values) if values else name.removeprefix("aws.")


def _of_kind(kind: str, schema: dict[str, Any]) -> str:
    if kind not in ("array", "object"):
        return _TYPES.get(kind, kind)
    inside = schema.get("items" if kind == "array" else "additionalProperties")
    of = " or ".join(dict.fromkeys(_kinds(inside))) if isinstance(inside, dict) else ""
    if kind == "array":
        return f"list of {of}" if of else "list"
    return f"mapping to {of}" if of else "mapping"


def _prose(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("``", "`")).replace("|", "\\|")
