"""Three jobs in a row; the job definition of `middle` is missing until a test registers it."""

from airflow_batch_provider import build_dag
from airflow_batch_provider.spec.models import Workflow

SETTINGS = {
    "refused_at_once": {"submission": "at_once"},
    "refused_per_job": {"submission": "per_job"},
    "refused_started": {"submission": "at_once", "defaults": {"start_in_triggerer": True}},
}

for name, settings in SETTINGS.items():
    globals()[name] = build_dag(
        Workflow.model_validate(
            {
                "workflow": name,
                "submission": settings["submission"],
                "airflow": {
                    "start_date": "2006-01-01",
                    "params": {"definition": "none"},
                    "default_args": {"poll_interval_seconds": 1, "retries": 1, "retry_delay": 1},
                },
                "defaults": {
                    "job_queue": "etl",
                    "job_definition": "step",
                    "command": ["true"],
                    **settings.get("defaults", {}),
                },
                "jobs": {
                    "first": {},
                    "middle": {
                        "job_definition": "{{ params.definition }}",
                        "array_size": 2,
                        "depends_on": ["first"],
                    },
                    "last": {"depends_on": ["middle"]},
                },
            }
        )
    )
