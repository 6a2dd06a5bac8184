"""Waits that fail at once, while the process of their task's first half is still running."""

from __future__ import annotations

import subprocess
from datetime import datetime
from typing import Any

from airflow.sdk import DAG

from airflow_batch_provider.operators.batch import BatchJobOperator

STEP = {"job_queue": "etl", "job_definition": "step", "poll_interval_seconds": 0.1}
UNKNOWN_JOB = "00000000-0000-4000-8000-000000000000"


def outlive(context: Any) -> None:
    """Let the supervisor wait after the task has deferred: it reads the output of this child process."""
    subprocess.Popen(["sleep", "4"])


with DAG("first_half", start_date=datetime(2006, 1, 1), schedule=None):
    BatchJobOperator(task_id="unknown", adopt=UNKNOWN_JOB, pre_execute=outlive, **STEP)
    BatchJobOperator(
        task_id="blocked",
        container_overrides={"resource_requirements": [{"type": "VCPU", "value": "1000"}]},
        pre_execute=outlive,
        **STEP,
    )
