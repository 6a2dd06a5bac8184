"""Standalone runs: submit, follow and cancel a whole workflow without Airflow (the "master job")."""
