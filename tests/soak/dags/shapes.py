"""One DAG for each workflow shape and submission mode; every job runs for ``params.seconds``."""

from airflow_batch_provider import build_dag
from airflow_batch_provider.spec.models import Workflow

SCRIPT = '{"duration_seconds": {{ params.seconds }}}'
DEFAULTS = {"job_queue": "etl", "job_definition": "step", "environment": {"LOCAL_BATCH_SCRIPT": SCRIPT}}
SHAPES = {
    "plain": {"first": {}},
    "array": {"first": {"array_size": 6}},
    "chain": {"first": {}, "middle": {"depends_on": ["first"]}, "last": {"depends_on": ["middle"]}},
    "diamond": {
        "first": {},
        "left": {"depends_on": ["first"]},
        "right": {"depends_on": ["first"]},
        "last": {"depends_on": ["left", "right"]},
    },
    "pair": {
        "first": {"array_size": 6},
        "second": {"array_size": 6, "depends_on": [{"job": "first", "type": "N_TO_N"}]},
    },
}
RETRIED = {"retries": 1, "retry_delay": 1}
SETTINGS = {
    "": {},
    "_held": {},  # a cluster policy holds its tasks back: tests/airflow_policy.py
    "_short": {"airflow": {"dagrun_timeout": "120s"}},
    "_deadline": {"defaults": {"execution_timeout": "15s"}},
    "_retried": {"airflow": {"default_args": RETRIED}},
    "_poking": {"airflow": {"default_args": {**RETRIED, "deferrable": False}}},
}

for shape, jobs in SHAPES.items():
    for submission_mode in ("at_once", "per_job"):
        for suffix, settings in SETTINGS.items():
            name = f"{shape}_{submission_mode}{suffix}"
            globals()[name] = build_dag(
                Workflow.model_validate(
                    {
                        "workflow": name,
                        "submission": submission_mode,
                        "airflow": {
                            "start_date": "2006-01-01",
                            "params": {"seconds": 900},
                            **settings.get("airflow", {}),
                        },
                        "defaults": {**DEFAULTS, **settings.get("defaults", {})},
                        "jobs": jobs,
                    }
                )
            )
