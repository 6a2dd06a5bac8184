"""The reference of the language: `docs/language/page.md` with its examples, and the keys of the models."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from airflow_batch_provider.spec import models
from airflow_batch_provider.spec.json_schema import workflow_schema
from airflow_batch_provider.spec.language import resources
from airflow_batch_provider.spec.language.base import LanguageModel
from airflow_batch_provider.spec.models import Job, JobTaskSettings, PythonTask, TaskSettings, Workflow

FOLDER = Path(__file__).parent / "language"
TRANSCRIPT = FOLDER.parent / "editor" / "transcript.txt"
_DIRECTIVE = re.compile(r"<!-- (example|keys): (\w+) -->")
_WORDS = {"string": "text", "integer": "number", "boolean": "true, false"}


def language() -> str:
    """Write the page."""
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
    return f"**{name}**: {_prose(about)}\n\n| key | takes | |\n|---|---|---|\n{rows}"


def _rows(model: type[LanguageModel]) -> Iterator[str]:
    shown_elsewhere = frozenset(JobTaskSettings.model_fields) if model in (Job, PythonTask) else frozenset()
    if model is JobTaskSettings:
        shown_elsewhere = frozenset(TaskSettings.model_fields)
    properties = _properties(model)
    for name, field in model.model_fields.items():
        if name not in shown_elsewhere:
            takes = (
                " or ".join(dict.fromkeys(_kinds(properties[name]))) if name in properties else "in Python"
            )
            needed = ", required" if field.is_required() else ""
            yield f"| `{name}` | {takes}{needed} | {_prose(field.description or '')} |"


def _properties(model: type[LanguageModel]) -> dict[str, Any]:
    schema = workflow_schema()
    if model is Workflow:
        return dict(schema["properties"])
    # What only derived models stand for in the schema is read off a job's.
    return dict(schema["$defs"].get(model.__name__, schema["$defs"]["Job"])["properties"])


def _kinds(schema: dict[str, Any]) -> Iterator[str]:
    """Say in a few words what a key takes."""
    if str(schema.get("pattern", "")).startswith(r"^\$"):
        return  # a variable, which can stand anywhere
    if "$ref" in schema:
        yield _of_reference(schema["$ref"].rpartition("/")[2])
        return
    for option in (*schema.get("anyOf", []), *schema.get("oneOf", [])):
        yield from _kinds(option)
    if "enum" in schema or "const" in schema:
        yield from (f"`{word}`" for word in schema.get("enum", [schema.get("const")]))
        return
    kinds = schema.get("type", [])
    for kind in kinds if isinstance(kinds, list) else [kinds]:
        if kind != "null":
            yield _of_kind(kind, schema)


def _of_reference(name: str) -> str:
    words = workflow_schema()["$defs"][name].get("enum")
    return " or ".join(f"`{word}`" for word in words) if words else name.removeprefix("aws.")


def _of_kind(kind: str, schema: dict[str, Any]) -> str:
    if kind not in ("array", "object"):
        return _WORDS.get(kind, kind)
    inside = schema.get("items" if kind == "array" else "additionalProperties")
    of = " or ".join(dict.fromkeys(_kinds(inside))) if isinstance(inside, dict) else ""
    if kind == "array":
        return f"list of {of}" if of else "list"
    return f"mapping to {of}" if of else "mapping"


def _prose(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("``", "`")).replace("|", "\\|")
