"""The keys allowed in ``default_args``: the arguments of Airflow's operators and of this provider's."""

from __future__ import annotations

from typing import Final

from airflow_batch_provider.spec.language.default_args import DefaultArguments

JOB_ONLY: Final = frozenset({"description", "produces"})
"""Settings of a job's task that no argument of Airflow's operators has by this name."""
TASK_ARGUMENTS: Final = frozenset(DefaultArguments.model_fields) - JOB_ONLY
