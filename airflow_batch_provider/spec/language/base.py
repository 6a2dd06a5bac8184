"""The base of all models of the workflow language."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class LanguageModel(BaseModel):
    """A part of a spec: immutable, without unknown keys, with field docstrings as descriptions."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def branch(name: str) -> str:
    """
    Return the tag of a branch of a union, in a form that cannot be a key of the author's.

    pydantic adds the tag to the paths of its errors; ``schema_errors`` removes it.
    """
    return f"<{name}>"


def is_branch(part: str | int) -> bool:
    """Return whether a part of a path is the tag of a branch."""
    return isinstance(part, str) and part.startswith("<") and part.endswith(">")


def fields_in_full(*models: type[LanguageModel]) -> tuple[str, ...]:
    """Return the fields that hold a member of AWS's API in full, which are typed ``dict[str, Any]``."""
    fields = [item for model in models for item in model.model_fields.items()]
    return tuple(dict.fromkeys(name for name, field in fields if field.annotation == dict[str, Any] | None))
