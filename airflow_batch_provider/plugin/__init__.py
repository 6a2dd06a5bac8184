"""The provider's Airflow plugin: listeners for marks, the ends of runs, backfill runs and invalid specs."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from airflow_batch_provider.plugin import backfill_cap, spec_errors
from airflow_batch_provider.sweep import marks, results


class BatchProviderPlugin(AirflowPlugin):
    """Loaded by Airflow through the entry point ``airflow.plugins``."""

    name = "airflow_batch_provider"
    listeners = [marks, results, backfill_cap, spec_errors]  # a list, as in Airflow's base class
