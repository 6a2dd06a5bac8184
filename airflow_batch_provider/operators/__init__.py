"""Airflow operators: submitting jobs and following them."""
