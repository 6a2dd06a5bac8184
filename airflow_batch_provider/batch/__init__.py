"""The AWS Batch API as this provider uses it; without Airflow."""
