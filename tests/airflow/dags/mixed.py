"""The workflow of mixed.yaml, with a task of this file between its jobs."""

from pathlib import Path

from airflow.sdk import task

from airflow_batch_provider import build_dag

with build_dag(Path(__file__).with_suffix(".yaml")) as dag:

    @task
    def count() -> int:
        """Say how many children the next job has."""
        return 3

    dag.get_task("before") >> count() >> dag.get_task("behind")
