"""The command line interface, ``airflow-batch``; it does not need Airflow."""
