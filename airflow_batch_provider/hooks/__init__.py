"""Airflow hooks: connections to AWS."""
