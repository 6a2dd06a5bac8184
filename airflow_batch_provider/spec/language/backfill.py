"""Overrides for backfill runs."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from airflow_batch_provider.spec.language.base import LanguageModel
from airflow_batch_provider.spec.language.templated import Variables, with_mappings
from airflow_batch_provider.spec.values import Text, WholeNumber


class Backfill(LanguageModel):
    """Overrides and limits for backfill runs. Other runs keep the settings of their jobs."""

    takes_aws_names: ClassVar[bool] = True

    job_queue: Text | None = None
    """The job queue of all jobs."""
    share_identifier: Text | None = None
    """The share identifier of all jobs."""
    scheduling_priority_override: WholeNumber | None = None
    """The scheduling priority of all jobs within the share, 0 to 9999."""
    attempts: WholeNumber | None = None
    """The number of attempts of all jobs, 1 to 10."""
    environment: Variables | None = None
    """Environment variables. They are added to those of each job and override equal names."""
    max_active_runs: Annotated[int, Field(ge=1, strict=True)] | None = None
    """The maximum number of backfill runs with jobs in AWS Batch at the same time. The others wait."""

    @classmethod
    def from_aws(cls, value: dict[str, Any]) -> dict[str, Any]:
        """Convert AWS's names and its list of environment variables."""
        return with_mappings(super().from_aws(value), {"environment": "value"})
