"""A hundred waiting tasks of every kind, for two versions of the package; every job runs for an hour."""

from pathlib import Path

from airflow.sdk import DAG

import airflow_batch_provider
from airflow_batch_provider import build_dag
from airflow_batch_provider.operators.batch import BatchSubmitJobOperator
from airflow_batch_provider.sensors.batch import BatchJobSensor
from airflow_batch_provider.spec.models import Workflow

VERSION = Path(airflow_batch_provider.__file__).parents[1].name
SCRIPT = '{"duration_seconds": 3600}'
DEFAULTS = {"job_queue": "etl", "job_definition": "step", "environment": {"LOCAL_BATCH_SCRIPT": SCRIPT}}
SETTINGS = {"start_date": "2006-01-01", "max_active_tasks": 200, "tags": [VERSION]}


def waiting(name: str, count: int, *, submission: str, **defaults: object) -> DAG:
    """Return a DAG of independent jobs, and a job whose task starts after they have ended."""
    jobs: dict[str, object] = {f"j{number:02}": {} for number in range(count)}
    jobs["after"] = {"depends_on": ["j00", "j01"]}
    spec = {
        "workflow": name,
        "submission": submission,
        "airflow": SETTINGS,
        "defaults": {**DEFAULTS, **defaults},
        "jobs": jobs,
    }
    return build_dag(Workflow.model_validate(spec))


at_once = waiting("at_once", 20, submission="at_once")
per_job = waiting("per_job", 10, submission="per_job")
started = waiting("started", 45, submission="at_once", start_in_triggerer=True)
started_per_job = waiting("started_per_job", 10, submission="per_job", start_in_triggerer=True)

with DAG("sensed", schedule=None, max_active_tasks=200, tags=[VERSION]) as sensed:
    submit = BatchSubmitJobOperator(
        task_id="submit",
        job_queue="etl",
        job_definition="step",
        container_overrides={"environment": [{"name": "LOCAL_BATCH_SCRIPT", "value": SCRIPT}]},
    )
    for number in range(15):
        BatchJobSensor(task_id=f"sense_{number:02}", job_id=submit.output, deferrable=True)
