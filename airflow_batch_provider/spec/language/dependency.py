"""How jobs depend on each other."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from pydantic import model_validator

from airflow_batch_provider.spec.language.base import LanguageModel


class DependencyType(StrEnum):
    """How an array job depends on another job, or its children on each other."""

    N_TO_N = "N_TO_N"
    SEQUENTIAL = "SEQUENTIAL"


class DependencyOwner(StrEnum):
    """Who holds a job back until the other has succeeded."""

    BATCH = "batch"
    AIRFLOW = "airflow"


class Dependency(LanguageModel):
    """An entry of ``depends_on``; a plain text stands for ``{job: text}``."""

    job: str | None = None
    """The job (or Python task) that must have succeeded; left out with ``type: SEQUENTIAL`` alone."""
    type: DependencyType | None = None
    """``N_TO_N``: child by child. ``SEQUENTIAL``: this array job's own children one after the other."""
    owner: Literal[DependencyOwner.AIRFLOW] | None = None
    """``airflow``: Airflow, not AWS Batch, holds this job back and submits it when the other has ended."""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {"job": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _names_a_job(self) -> Dependency:
        if self.job is None and self.type is not DependencyType.SEQUENTIAL:
            raise ValueError("a dependency names its 'job'; only 'type: SEQUENTIAL' can stand alone")
        if self.type is not None and self.owner is not None:
            raise ValueError(f"{self.type} is kept by AWS Batch alone; leave out 'owner' or 'type'")
        return self
