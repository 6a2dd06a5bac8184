"""What Airflow's provider manager reads about this provider."""

from __future__ import annotations

from typing import Any


def get_provider_info() -> dict[str, Any]:
    """Describe the provider in the form of Airflow's ``provider_info.schema.json``."""
    return {
        "package-name": "airflow-batch-provider",
        "name": "AWS Batch workflows",
        "description": "Workflows of AWS Batch jobs, chained inside AWS Batch with dependsOn.",
    }
