"""Workflows whose jobs set keys of their tasks, and a mapped task group with labels."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from airflow.sdk import DAG, task_group

from airflow_batch_provider import build_task_group, load_workflows

globals().update(load_workflows("keys/*.yaml"))

with DAG("keys_mapped", start_date=datetime(2006, 1, 1), schedule=None):

    @task_group
    def for_part(part: str) -> None:
        """Run the workflow for one part."""
        build_task_group(Path(__file__).parent / "keys" / "fragments" / "labeled.yaml", group_id="flow")

    for_part.expand(part=["x", "y"])
