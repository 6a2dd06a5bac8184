"""The workflow of tested.yaml as an Airflow DAG."""

from airflow_batch_provider import load_workflows

globals().update(load_workflows(__file__))
