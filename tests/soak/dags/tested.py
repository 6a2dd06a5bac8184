"""A chain of three jobs in each submission mode, for `airflow dags test`; no test unpauses these DAGs."""

from airflow_batch_provider import build_dag
from airflow_batch_provider.spec.models import Workflow

SCRIPT = '{"duration_seconds": {{ params.seconds }}}'

for submission_mode in ("at_once", "per_job"):
    name = f"tested_{submission_mode}"
    globals()[name] = build_dag(
        Workflow.model_validate(
            {
                "workflow": name,
                "submission": submission_mode,
                "airflow": {"start_date": "2006-01-01", "params": {"seconds": 1}},
                "defaults": {
                    "job_queue": "etl",
                    "job_definition": "step",
                    "environment": {"LOCAL_BATCH_SCRIPT": SCRIPT},
                },
                "jobs": {
                    "first": {},
                    "middle": {"depends_on": ["first"]},
                    "last": {"depends_on": ["middle"]},
                },
            }
        )
    )
