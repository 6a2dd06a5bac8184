"""A cluster policy for the tests; ``install`` copies this file into Airflow's configuration folder."""

import shutil
from pathlib import Path
from typing import Any


def task_policy(task: Any) -> None:
    """Hold back the tasks that follow the jobs of workflows whose name ends with "held"."""
    # A policy acts after the provider has checked the DAG: AWS Batch starts the jobs.
    if task.dag_id.endswith("held") and not task.task_id.endswith("submit"):
        task.pool = "no_such_pool"


def install(home: Path) -> None:
    """
    Let Airflow find the policy.

    https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/cluster-policies.html
    """
    (home / "config").mkdir(parents=True)
    shutil.copy(__file__, home / "config" / "airflow_local_settings.py")
