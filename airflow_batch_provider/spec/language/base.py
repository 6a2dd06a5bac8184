"""What all models of the language share."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class LanguageModel(BaseModel):
    """A part of a spec: cannot be changed, knows no other keys than its own, documented where they stand."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def branch(name: str) -> str:
    """
    Name a branch of a union so that it can be told from the author's keys.

    pydantic puts this name into the paths of what it finds wrong; ``shape`` takes it out again.
    """
    return f"<{name}>"


def is_branch(part: str | int) -> bool:
    """Tell whether a part of a path is the name of a branch."""
    return isinstance(part, str) and part.startswith("<") and part.endswith(">")
