"""The demo, and the processes that it and the tests run: a local AWS Batch and a whole Airflow."""
