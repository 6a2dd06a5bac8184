"""Each workflow in the folder pattern/ as an Airflow DAG."""

from airflow_batch_provider import load_workflows

globals().update(load_workflows("pattern/*.yaml"))
