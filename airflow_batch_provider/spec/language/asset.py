"""Airflow assets, as jobs produce them and schedules wait for them."""

from __future__ import annotations

from typing import Any

from pydantic import model_validator

from airflow_batch_provider.spec.language.base import LanguageModel


class AssetReference(LanguageModel):
    """An Airflow asset; a plain text stands for ``{uri: text}``."""

    uri: str
    """What identifies the asset: ``s3://bucket/insights``."""
    name: str | None = None
    """Its name in Airflow; the URI unless given."""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {"uri": value} if isinstance(value, str) else value
