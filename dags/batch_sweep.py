"""
Find AWS Batch jobs that no run wants any longer, once a day.

The DAG is paused when it is created, and it only logs the jobs. To terminate them, set ``terminate`` to true
in the default below, or when you trigger a run.

For other accounts and Regions, add tasks with their connections.
"""

from __future__ import annotations

from datetime import datetime

from airflow.sdk import DAG, Param

from airflow_batch_provider.operators.batch import BatchSweepOperator

with DAG(
    "batch_sweep",
    description="Find AWS Batch jobs that no run wants any longer",
    doc_md=__doc__,
    start_date=datetime(2026, 1, 1),
    schedule="@daily",
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=True,
    tags=["maintenance"],
    params={
        "terminate": Param(False, type="boolean", description="Terminate the jobs; otherwise only log them."),
        "older_than": Param("10m", type="string", description="Leave jobs alone that were submitted later."),
    },
):
    BatchSweepOperator(
        task_id="sweep", terminate="{{ params.terminate }}", older_than="{{ params.older_than }}"
    )
