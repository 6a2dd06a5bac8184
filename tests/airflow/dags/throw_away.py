"""The example of docs/resources.md: resources created for one run and deleted afterwards."""

from datetime import datetime

from airflow.sdk import DAG

from airflow_batch_provider.operators.batch import (
    BatchApplyResourcesOperator,
    BatchDeleteResourcesOperator,
    BatchJobOperator,
)

RESOURCES = {
    "compute_environments": {
        "throw-away": {
            "compute_resources": {
                "type": "EC2",
                "min_vcpus": 0,
                "max_vcpus": 4,
                "instance_types": ["optimal"],
                "instance_role": "ecsInstanceRole",
                "subnets": ["subnet-0a1b2c3d"],
                "security_group_ids": ["sg-0a1b2c3d"],
            }
        }
    },
    "job_queues": {"throw-away": {"priority": 1, "compute_environment_order": ["throw-away"]}},
    "job_definitions": {
        "throw-away": {"image": "busybox", "command": ["echo", "hello"], "vcpus": 1, "memory": "128MiB"}
    },
}

with DAG("throw_away", start_date=datetime(2026, 1, 1), schedule=None, max_active_runs=1):
    apply = BatchApplyResourcesOperator(task_id="apply", resources=RESOURCES)
    job = BatchJobOperator(task_id="job", job_queue="throw-away", job_definition="throw-away")
    delete = BatchDeleteResourcesOperator(task_id="delete", resources=RESOURCES, force=True)
    apply.as_setup() >> job >> delete.as_teardown(setups=apply)
