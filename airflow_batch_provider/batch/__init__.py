"""The AWS Batch API as this provider uses it. Nothing here imports Airflow."""
