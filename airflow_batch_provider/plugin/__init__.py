"""The provider's Airflow plugin: what reacts to marks, deletes, ends of runs, backfills and invalid specs."""

from __future__ import annotations

from typing import Any

from airflow.plugins_manager import AirflowPlugin

from airflow_batch_provider.plugin import backfill_cap, spec_errors
from airflow_batch_provider.sweep import deletions, marks, results


class BatchProviderPlugin(AirflowPlugin):
    """Loaded by Airflow through the entry point ``airflow.plugins``."""

    name = "airflow_batch_provider"
    listeners = [marks, results, backfill_cap, spec_errors]  # a list, as in Airflow's base class

    @classmethod
    def on_load(cls, *args: Any, **kwargs: Any) -> None:  # noqa: ARG003
        """Watch Airflow's database sessions for deletes, of which Airflow notifies no listener."""
        deletions.install()
