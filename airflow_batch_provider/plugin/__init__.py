"""The provider's plugin: it hears when somebody marks a task or a run by hand."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from airflow_batch_provider.plugin import marking


class BatchProviderPlugin(AirflowPlugin):
    """Loaded by Airflow through the entry point ``airflow.plugins``."""

    name = "airflow_batch_provider"
    listeners = [marking]  # as Airflow's base class declares it
