"""Airflow assets that jobs update or that trigger runs."""

from __future__ import annotations

from typing import Any

from pydantic import model_validator

from airflow_batch_provider.spec.language.base import LanguageModel


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
