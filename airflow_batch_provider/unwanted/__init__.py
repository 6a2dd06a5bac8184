"""Find live jobs that Airflow no longer wants."""
