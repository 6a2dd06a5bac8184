"""The demo, and the processes that the demo and the tests run: a local AWS Batch and Airflow."""
