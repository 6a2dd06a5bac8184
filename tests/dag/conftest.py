"""Fixtures shared by the DAG tests."""

import pytest


@pytest.fixture(autouse=True)
def _plan_cache_off(monkeypatch):
    """Turn off the plan cache in AIRFLOW_HOME."""
    monkeypatch.setenv("AIRFLOW__BATCH_PROVIDER__PLAN_CACHE", "off")
