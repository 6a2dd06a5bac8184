"""One DAG for each shape and submission mode in which AWS Batch refuses a job; each job ends at once."""

from datetime import timedelta

from airflow.sdk import DAG

from airflow_batch_provider import build_dag, build_task_group
from airflow_batch_provider.spec.models import Workflow

SHAPES = {
    "plain": {"first": {}},
    "array": {"first": {"array_size": 3}},
    "pair": {
        "first": {"array_size": 3},
        "second": {"array_size": 3, "depends_on": [{"job": "first", "type": "N_TO_N"}]},
    },
    "chain": {"first": {}, "middle": {"depends_on": ["first"]}, "last": {"depends_on": ["middle"]}},
    "own_chain": {
        "first": {},
        "middle": {"depends_on": ["first"], "trigger_rule": "all_done"},
        "last": {"depends_on": ["middle"]},
    },
}
ARGUMENTS = {"retries": 1, "retry_delay": 1, "poll_interval_seconds": 1}
GROUP_ARGUMENTS = {**ARGUMENTS, "retry_delay": timedelta(seconds=1)}


def workflow(name, submission_mode, jobs):
    return Workflow.model_validate(
        {
            "workflow": name,
            "submission": submission_mode,
            "airflow": {"start_date": "2006-01-01", "default_args": ARGUMENTS},
            "defaults": {
                "job_queue": "etl",
                "job_definition": "step",
                "environment": {"LOCAL_BATCH_SCRIPT": '{"duration_seconds": 0}'},
            },
            "jobs": jobs,
        }
    )


for submission_mode in ("at_once", "per_job"):
    for shape, jobs in SHAPES.items():
        name = f"refused_{shape}_{submission_mode}"
        globals()[name] = build_dag(workflow(name, submission_mode, jobs))
    name = f"refused_group_{submission_mode}"
    with DAG(name, schedule=None, default_args=GROUP_ARGUMENTS) as dag:
        build_task_group(workflow("inner", submission_mode, SHAPES["chain"]), group_id="inner")
    globals()[name] = dag
