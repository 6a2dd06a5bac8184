"""Use the operators, the sensor and a workflow as a task group in your own DAG."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from airflow.sdk import DAG

from airflow_batch_provider import build_task_group
from airflow_batch_provider.operators.batch import BatchJobOperator, BatchSubmitJobOperator
from airflow_batch_provider.sensors.batch import BatchJobSensor

STEP = {"job_queue": "etl", "job_definition": "step"}

with DAG(
    "hand_written",
    start_date=datetime(2006, 1, 1),
    schedule=None,
    tags=["example"],
    params={"seconds": 1},
):
    # Both tasks submit their job without waiting; AWS Batch starts `load` when `extract` has succeeded.
    extract = BatchSubmitJobOperator(
        task_id="extract", container_overrides={"command": ["echo", "extracted"]}, **STEP
    )
    load = BatchSubmitJobOperator(
        task_id="load",
        array_properties={"size": 3},
        container_overrides={"command": ["echo", "loaded"]},
        depends_on=[extract.output],
        **STEP,
    )

    # Two ways to wait: follow one job, with its log and links, or wait for several jobs.
    follow_load = BatchJobOperator(task_id="follow_load", adopt=load.output)
    both_done = BatchJobSensor(task_id="both_done", job_id=[extract.output, load.output], deferrable=True)

    # One task that submits a job and waits for it.
    report = BatchJobOperator(task_id="report", container_overrides={"command": ["echo", "reported"]}, **STEP)

    [follow_load, both_done] >> report >> build_task_group(Path(__file__).with_name("a_to_f.yaml"))
