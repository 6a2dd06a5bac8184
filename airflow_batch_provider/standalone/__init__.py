"""The master job: a whole workflow submitted, followed and cancelled without Airflow."""
