"""The workflows of test_deletes.py: one DAG for each shape, submission mode and way of waiting."""

from datetime import timedelta

from airflow.sdk import DAG

from airflow_batch_provider import build_dag, build_task_group
from airflow_batch_provider.spec.models import Workflow

CHAIN = {"first": {}, "middle": {"depends_on": ["first"]}, "last": {"depends_on": ["middle"]}}
SHAPES = {"plain": {"first": {}}, "array": {"first": {"array_size": 6}}, "chain": CHAIN, "group": CHAIN}
RETRIED = {"retries": 1, "retry_delay": timedelta(seconds=1)}
SETTINGS = {
    "": RETRIED,
    "_poking": {**RETRIED, "deferrable": False},
    "_held": RETRIED,  # a cluster policy holds its tasks back: tests/airflow_policy.py
}
START = "2006-01-01"


def workflow(name: str, submission_mode: str, jobs: dict, **airflow: object) -> Workflow:
    return Workflow.model_validate(
        {
            "workflow": name,
            "submission": submission_mode,
            "airflow": airflow,
            "defaults": {
                "job_queue": "etl",
                "job_definition": "step",
                "environment": {"LOCAL_BATCH_SCRIPT": '{"duration_seconds": 900}'},
            },
            "jobs": jobs,
        }
    )


for shape, jobs in SHAPES.items():
    for submission_mode in ("at_once", "per_job"):
        for suffix, default_args in SETTINGS.items():
            name = f"deleted_{shape}_{submission_mode}{suffix}"
            if shape == "group":
                with DAG(
                    name, schedule=None, default_args={**RETRIED, "retry_delay": 1, **default_args}
                ) as dag:
                    build_task_group(workflow(name, submission_mode, jobs), group_id="work")
                globals()[name] = dag
            else:
                globals()[name] = build_dag(
                    workflow(name, submission_mode, jobs, start_date=START, default_args=default_args)
                )
