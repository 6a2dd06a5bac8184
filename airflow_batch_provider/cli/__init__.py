"""The command line, ``airflow-batch``; it needs no Airflow."""
