"""Airflow assets that jobs update or that trigger runs."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import field_validator, model_validator

from airflow_batch_provider.spec.language.base import LanguageModel

_LENGTH_MAX: Final = 1500
_RESERVED_NAMES: Final = frozenset({"self", "context"})


class AssetReference(LanguageModel):
    """An Airflow asset. A plain string is short for ``{uri: string}``."""

    uri: str
    """The URI of the asset: ``s3://bucket/insights``."""
    name: str | None = None
    """The name of the asset in Airflow. The default is the URI."""

    @model_validator(mode="before")
    @classmethod
    def _from_string(cls, value: Any) -> Any:
        return {"uri": value} if isinstance(value, str) else value

    @field_validator("uri", "name")
    @classmethod
    def _is_an_identifier(cls, value: str | None) -> str | None:
        if value is not None and not value.strip():
            raise ValueError("an asset cannot have an empty URI or name")
        if value is not None and len(value) > _LENGTH_MAX:
            raise ValueError(f"it has {len(value):,} characters; Airflow accepts {_LENGTH_MAX:,}")
        if value in _RESERVED_NAMES:
            raise ValueError(f"Airflow reserves the name '{value}' for assets; use another one")
        return value

    @field_validator("uri")
    @classmethod
    def _is_a_uri(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
        except ValueError as error:
            raise ValueError(f"'{value}' is not a valid URI: {error}") from None
        if parts.scheme == "airflow":
            raise ValueError(
                f"'{value}': Airflow reserves the scheme 'airflow'; use another one, such as s3 or x-data"
            )
        if parts.scheme == "s3" and not parts.netloc:
            raise ValueError(f"'{value}' has no bucket; write s3://bucket/key")
        return value
