"""The workflow of mixed.yaml; this file adds a task between its jobs."""

from pathlib import Path

from airflow.sdk import task

from airflow_batch_provider import build_dag

with build_dag(Path(__file__).with_suffix(".yaml")) as dag:

    @task
    def count() -> int:
        """Return the number of children of the next job."""
        return 3

    dag.get_task("list") >> count() >> dag.get_task("process")
