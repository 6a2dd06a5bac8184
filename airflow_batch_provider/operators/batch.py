"""Operators that submit AWS Batch jobs and follow them."""

from __future__ import annotations

from airflow_batch_provider.operators.job import BatchJobOperator
from airflow_batch_provider.operators.job_chain import BatchJobChainOperator
from airflow_batch_provider.operators.resources import (
    BatchApplyResourcesOperator,
    BatchDeleteResourcesOperator,
)
from airflow_batch_provider.operators.submit_job import BatchSubmitJobOperator
from airflow_batch_provider.operators.submit_workflow import BatchSubmitWorkflowOperator
from airflow_batch_provider.operators.sweep import BatchSweepOperator
from airflow_batch_provider.operators.terminate_jobs import BatchTerminateJobsOperator

__all__ = [
    "BatchApplyResourcesOperator",
    "BatchDeleteResourcesOperator",
    "BatchJobChainOperator",
    "BatchJobOperator",
    "BatchSubmitJobOperator",
    "BatchSubmitWorkflowOperator",
    "BatchSweepOperator",
    "BatchTerminateJobsOperator",
]
