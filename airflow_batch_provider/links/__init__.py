"""Links from a task in the Airflow UI into the AWS console."""
