"""One task, mapped 1,000 times, with one job each."""

from airflow.sdk import DAG

from airflow_batch_provider.operators.batch import BatchJobOperator

with DAG("thousand", schedule=None, max_active_tasks=2000):
    BatchJobOperator.partial(
        task_id="wait",
        job_queue="etl",
        job_definition="step",
        container_overrides={
            "environment": [{"name": "LOCAL_BATCH_SCRIPT", "value": '{"duration_seconds": 3600}'}]
        },
        poll_interval_seconds=5,
    ).expand(parameters=[{"number": str(number)} for number in range(1000)])
