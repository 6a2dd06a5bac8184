"""Jobs that depend on more jobs than AWS Batch accepts; how many is known at run time only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from airflow.sdk import DAG, task

from airflow_batch_provider.hooks.batch import BatchHook
from airflow_batch_provider.operators.batch import BatchJobOperator, BatchSubmitJobOperator

STEP = {"job_queue": "etl", "job_definition": "step"}
MANY = 24

with DAG(
    "many_dependencies",
    start_date=datetime(2006, 1, 1),
    schedule=None,
    params={"last_exit_code": 0},
    default_args={"aws_conn_id": "aws_scripted", "poll_interval_seconds": 1},
):

    @task
    def submit_many(**context: Any) -> list[str]:
        """Submit jobs; the last one ends first, and fails if the run's params say so."""
        batch = BatchHook(aws_conn_id="aws_scripted").conn
        scripts = ['{"duration_seconds": 30}'] * (MANY - 1)
        scripts.append(f'{{"duration_seconds": 5, "exit_code": {context["params"]["last_exit_code"]}}}')
        return [
            batch.submit_job(
                jobName=f"many-{number}",
                jobQueue="etl",
                jobDefinition="step",
                containerOverrides={"environment": [{"name": "LOCAL_BATCH_SCRIPT", "value": script}]},
            )["jobId"]
            for number, script in enumerate(scripts)
        ]

    many = submit_many()
    BatchJobOperator(task_id="deferred", depends_on=many, **STEP)
    BatchJobOperator(task_id="in_worker", depends_on=[many], deferrable=False, **STEP)
    BatchSubmitJobOperator(task_id="submitted", depends_on=many, **STEP)
