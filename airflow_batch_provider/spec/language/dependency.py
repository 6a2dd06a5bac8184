"""Dependencies between jobs."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from pydantic import model_validator

from airflow_batch_provider.spec.language.base import LanguageModel


class DependencyType(StrEnum):
    """The type of a dependency of an array job, as in AWS Batch."""

    N_TO_N = "N_TO_N"
    SEQUENTIAL = "SEQUENTIAL"


class DependencyOwner(StrEnum):
    """The service that holds a job back until its upstream job succeeds."""

    BATCH = "batch"
    AIRFLOW = "airflow"


class Dependency(LanguageModel):
    """An entry of ``depends_on``. A plain string is short for ``{job: string}``."""

    job: str | None = None
    """The job or Python task that must succeed first. Required, except with ``type: SEQUENTIAL``."""
    type: DependencyType | None = None
    """``N_TO_N``: each child waits for the child with the same index. ``SEQUENTIAL``: the children of this
    array job run one after another."""
    owner: Literal[DependencyOwner.AIRFLOW] | None = None
    """``airflow``: Airflow enforces the dependency instead of AWS Batch, and submits this job afterwards."""

    @model_validator(mode="before")
    @classmethod
    def _from_string(cls, value: Any) -> Any:
        return {"job": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _check_job(self) -> Dependency:
        if self.job is None and self.type is not DependencyType.SEQUENTIAL:
            raise ValueError("a dependency requires 'job', except with 'type: SEQUENTIAL'")
        if self.type is not None and self.owner is not None:
            raise ValueError(f"only AWS Batch can enforce {self.type}; remove 'owner' or 'type'")
        return self
