"""The DAG of backfilled.yaml beside it, loaded into Airflow."""

from airflow_batch_provider import load_workflows

globals().update(load_workflows(__file__))
