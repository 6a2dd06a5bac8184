"""The resources of a spec in AWS Batch: compared, created, updated and deleted; without Airflow."""
