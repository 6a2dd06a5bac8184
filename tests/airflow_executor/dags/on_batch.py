"""A DAG whose tasks return the ids of the AWS Batch jobs that run them."""

import os
from datetime import datetime

from airflow.sdk import DAG, task


@task
def extract() -> str:
    return os.environ["AWS_BATCH_JOB_ID"]


@task
def report(extracted_by: str) -> list[str]:
    return [extracted_by, os.environ["AWS_BATCH_JOB_ID"]]


@task(retries=0)
def fail() -> None:
    raise ValueError("This task always fails")


with DAG("on_batch", schedule=None, start_date=datetime(2026, 1, 1)):
    report(extract())
    fail()
