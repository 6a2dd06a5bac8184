"""The base of all models of the workflow language."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, model_validator

from airflow_batch_provider.names import snake_case

_OTHER_MEANING: Final = frozenset({"dependsOn"})
"""AWS's names of members that mean something else here: ``dependsOn`` contains job IDs, not job keys."""


class LanguageModel(BaseModel):
    """A part of a spec: immutable, without unknown keys, with field docstrings as descriptions."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    takes_aws_names: ClassVar[bool] = False
    """Whether the keys can also be written in AWS's camelCase."""

    @model_validator(mode="before")
    @classmethod
    def _from_aws(cls, value: Any) -> Any:
        return cls.from_aws(value) if isinstance(value, dict) else value

    @classmethod
    def from_aws(cls, value: dict[str, Any]) -> dict[str, Any]:
        """Convert the keys of a mapping, and what AWS nests differently, to those of this model."""
        if not cls.takes_aws_names or value.keys() <= cls.model_fields.keys():
            return value
        return {cls._own_key(key, value): item for key, item in value.items()}

    @classmethod
    def _own_key(cls, key: str, value: dict[str, Any]) -> str:
        if key in cls.model_fields or key in _OTHER_MEANING or not str(key)[:1].islower():
            return key
        own = snake_case(key)
        # If both spellings are there, the second one remains and is an unknown key.
        return own if own in cls.model_fields and own not in value else key


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
