"""What all tests of this folder share."""

import pytest


@pytest.fixture(autouse=True)
def _no_plan_cache(monkeypatch):
    """Leave the plans of Airflow's home alone."""
    monkeypatch.setenv("AIRFLOW__BATCH_PROVIDER__PLAN_CACHE", "off")
