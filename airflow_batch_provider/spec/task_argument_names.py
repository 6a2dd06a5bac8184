"""The keys allowed in ``default_args``: the arguments of Airflow's operators and of this provider's."""

from __future__ import annotations

from typing import Final

from airflow_batch_provider.spec.language.default_args import DefaultArguments

# A job's task also has `produces`; the argument of Airflow's operators is `outlets`.
TASK_ARGUMENTS: Final = frozenset(DefaultArguments.model_fields) - {"produces"}
