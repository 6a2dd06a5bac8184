"""Turn a spec's ``backfill`` into an operator argument."""

from __future__ import annotations

from typing import Any

from airflow_batch_provider.names import snake_case
from airflow_batch_provider.spec.models import Backfill, Job
from airflow_batch_provider.spec.requests.submission import submit_request


def backfill_arguments(backfill: Backfill) -> dict[str, Any] | None:
    """
    Return the operators' ``backfill`` argument: members of SubmitJob, and ``max_active_runs``.

    None if the spec sets nothing.
    """
    overrides = backfill.model_dump(exclude_none=True)
    cap = overrides.pop("max_active_runs", None)
    members = {snake_case(name): value for name, value in submit_request(Job(**overrides)).items()}
    return {**members, **({"max_active_runs": cap} if cap is not None else {})} or None
