"""What AWS Batch refuses in RegisterJobDefinition and SubmitJob, as pure functions over the requests."""

from __future__ import annotations

from airflow_batch_provider.aws_requests.amounts import LEGACY_MEMBERS
from airflow_batch_provider.aws_requests.refusal import Refusal, RequestPath
from airflow_batch_provider.aws_requests.registration import refusals_of_registration
from airflow_batch_provider.aws_requests.submission import refusals_of_submission
from airflow_batch_provider.aws_requests.tags import refusals_of_tags

__all__ = [
    "LEGACY_MEMBERS",
    "Refusal",
    "RequestPath",
    "refusals_of_registration",
    "refusals_of_submission",
    "refusals_of_tags",
]
