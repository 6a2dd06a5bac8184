"""The base of all models of the workflow language."""

from __future__ import annotations

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
