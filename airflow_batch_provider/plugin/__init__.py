"""The provider's plugin: it hears when somebody marks a task or run by hand, and when backfills run."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from airflow_batch_provider.plugin import backfill_cap, marking


class BatchProviderPlugin(AirflowPlugin):
    """Loaded by Airflow through the entry point ``airflow.plugins``."""

    name = "airflow_batch_provider"
    listeners = [marking, backfill_cap]  # as Airflow's base class declares it
