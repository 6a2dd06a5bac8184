"""Workflows whose jobs Airflow holds back in both submission modes; task groups downstream of other tasks."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from airflow.providers.standard.operators.python import (
    BranchPythonOperator,
    PythonOperator,
    ShortCircuitOperator,
)
from airflow.providers.standard.sensors.python import PythonSensor
from airflow.sdk import DAG

from airflow_batch_provider import build_task_group, load_workflows

GROUP_SPECS = Path(__file__).parent / "gates" / "fragments"

globals().update(load_workflows("gates/*.yaml"))


# Python operators cannot call functions without a signature, such as bool() and time.sleep().
def is_wanted() -> bool:
    return False


def choice() -> str:
    return "chosen"


def sleep() -> None:
    """Take so long that a test would see a job that was submitted too early."""
    time.sleep(10)


def is_ten_seconds_later(ti: Any) -> bool:
    """Return whether the sensor has waited long enough for other jobs to be submitted before."""
    return (datetime.now(UTC) - ti.start_date).total_seconds() > 10


for mode in ("at_once", "per_job"):
    spec = GROUP_SPECS / f"group_{mode}.yaml"
    with DAG(f"gates_groups_{mode}", start_date=datetime(2006, 1, 1, tzinfo=UTC), schedule=None):
        stop = ShortCircuitOperator(task_id="stop", python_callable=is_wanted)
        choose = BranchPythonOperator(task_id="choose", python_callable=choice)
        prepare = PythonOperator(task_id="prepare", python_callable=sleep)
        sense = PythonSensor(task_id="sense", python_callable=is_ten_seconds_later, poke_interval=2)
        stop >> build_task_group(spec, "stopped")
        choose >> [build_task_group(spec, "chosen"), build_task_group(spec, "not_chosen")]
        prepare.as_setup() >> build_task_group(spec, "prepared")
        sense >> build_task_group(spec, "sensed")
