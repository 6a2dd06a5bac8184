"""Airflow sensors: waiting for jobs that others submitted."""
