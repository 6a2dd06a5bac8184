"""The provider's Airflow plugin: listeners for marked tasks, the ends of runs, and backfill runs."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from airflow_batch_provider.plugin import backfill_cap
from airflow_batch_provider.sweep import marks, results


class BatchProviderPlugin(AirflowPlugin):
    """Loaded by Airflow through the entry point ``airflow.plugins``."""

    name = "airflow_batch_provider"
    listeners = [marks, results, backfill_cap]  # a list, as in Airflow's base class
