"""Eight jobs in every shape, in both submission modes, through a connection that a test edits."""

from datetime import datetime, timedelta

from airflow.sdk import DAG

from airflow_batch_provider import build_dag, build_task_group
from airflow_batch_provider.spec.models import Workflow

SCRIPT = '{"duration_seconds": {{ params.seconds }}}'
JOBS = {
    "plain": {},
    "array": {"array_size": 4},
    "first": {},
    "middle": {"depends_on": ["first"]},
    "last": {"depends_on": ["middle"]},
    "paired": {"array_size": 4, "depends_on": [{"job": "array", "type": "N_TO_N"}]},
    "side": {"depends_on": ["first"]},
    "gather": {"depends_on": ["last", "side", "plain"]},
}
RETRIED = {"retries": 20, "retry_delay": 2}


def workflow(name: str, submission: str) -> Workflow:
    return Workflow.model_validate(
        {
            "workflow": name,
            "submission": submission,
            "connection": {"aws_conn_id": "aws_rotated"},
            "airflow": {"start_date": "2006-01-01", "params": {"seconds": 5}, "default_args": RETRIED},
            "defaults": {
                "job_queue": "etl",
                "job_definition": "step",
                "environment": {"LOCAL_BATCH_SCRIPT": SCRIPT},
            },
            "jobs": JOBS,
        }
    )


for mode in ("at_once", "per_job"):
    globals()[f"rotated_{mode}"] = build_dag(workflow(f"rotated_{mode}", mode))

with DAG(
    "rotated_group",
    start_date=datetime(2006, 1, 1),
    schedule=None,
    params={"seconds": 5},
    default_args={"retries": 20, "retry_delay": timedelta(seconds=2)},
) as grouped:
    build_task_group(workflow("eight", "at_once"))
