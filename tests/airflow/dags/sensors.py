"""The sensor in its three modes, on a plain job and an array job."""

from __future__ import annotations

from datetime import datetime

from airflow.sdk import DAG

from airflow_batch_provider.operators.batch import BatchSubmitJobOperator
from airflow_batch_provider.sensors.batch import BatchJobSensor

STEP = {"job_queue": "etl", "job_definition": "step"}

with DAG("sensors", start_date=datetime(2006, 1, 1), schedule=None, params={"seconds": 3, "exit": 0}):
    plain = BatchSubmitJobOperator(
        task_id="plain",
        container_overrides={"command": ["sh", "-c", "sleep {{ params.seconds }}; exit {{ params.exit }}"]},
        **STEP,
    )
    array = BatchSubmitJobOperator(
        task_id="array",
        array_properties={"size": 2},
        container_overrides={"command": ["sleep", "1"]},
        **STEP,
    )
    jobs = [plain.output, array.output]
    BatchJobSensor(task_id="poke", job_id=jobs, poke_interval=1, timeout=60)
    BatchJobSensor(task_id="reschedule", job_id=jobs, poke_interval=5, mode="reschedule", timeout=60)
    BatchJobSensor(task_id="deferrable", job_id=jobs, poke_interval=1, deferrable=True, timeout=60)
