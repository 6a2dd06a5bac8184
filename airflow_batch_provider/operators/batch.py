"""Operators that submit AWS Batch jobs and follow them."""

from __future__ import annotations

from airflow_batch_provider.operators.job import BatchJobOperator
from airflow_batch_provider.operators.submit_job import BatchSubmitJobOperator
from airflow_batch_provider.operators.submit_workflow import BatchSubmitWorkflowOperator

__all__ = ["BatchJobOperator", "BatchSubmitJobOperator", "BatchSubmitWorkflowOperator"]
