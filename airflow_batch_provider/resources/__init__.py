"""Compare, create, update and delete the AWS Batch resources of a spec, without Airflow."""
