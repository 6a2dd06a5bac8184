"""What backfill runs take instead."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from airflow_batch_provider.spec.language.base import LanguageModel
from airflow_batch_provider.spec.values import Text, WholeNumber


class Backfill(LanguageModel):
    """Overrides and caps for the jobs of backfill runs; the runs beside them keep their own settings."""

    job_queue: Text | None = None
    """The job queue of every job."""
    share_identifier: Text | None = None
    """The share identifier of every job."""
    scheduling_priority_override: WholeNumber | None = None
    """The priority of every job inside the share, 0 to 9999."""
    attempts: WholeNumber | None = None
    """The attempts of every job, 1 to 10."""
    environment: dict[str, Text] | None = None
    """Environment variables, added to each job's or in place of those of the same name."""
    max_active_runs: Annotated[int, Field(ge=1, strict=True)] | None = None
    """Backfill runs of this workflow whose jobs are in AWS Batch at once; the others wait."""
