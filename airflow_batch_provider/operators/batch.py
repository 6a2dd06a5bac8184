"""Operators that submit AWS Batch jobs and follow them."""

from __future__ import annotations

from airflow_batch_provider.operators.job import BatchJobOperator
from airflow_batch_provider.operators.job_chain import BatchJobChainOperator
from airflow_batch_provider.operators.submit_job import BatchSubmitJobOperator
from airflow_batch_provider.operators.submit_workflow import BatchSubmitWorkflowOperator

__all__ = [
    "BatchJobChainOperator",
    "BatchJobOperator",
    "BatchSubmitJobOperator",
    "BatchSubmitWorkflowOperator",
]
