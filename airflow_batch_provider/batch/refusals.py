"""From errors of boto3 calls that submit jobs or register job definitions to the provider's errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_batch_provider.batch.api_errors import HANDLING, advice
from airflow_batch_provider.batch.error_kinds import ErrorKind, kind_of
from airflow_batch_provider.errors import AwsCallError, SubmissionRejectedError, ThrottledError


def job_text(request: Mapping[str, Any]) -> str:
    """Return the names by which a user finds the job of a SubmitJob request and what it needs."""
    definition, queue = request.get("jobDefinition"), request.get("jobQueue")
    return f"job '{request['jobName']}' (job queue '{queue}', job definition '{definition}')"


def refusal_of(error: Exception, what: str) -> Exception:
    """
    Return the provider's error for a call that failed; an error of no known kind is returned unchanged.

    :param what: the job or job definition of the call.
    """
    kind = kind_of(error)
    handling = HANDLING[kind]
    if kind is ErrorKind.OTHER:
        return error
    if handling.concerns_job:
        return SubmissionRejectedError(f"AWS Batch rejected {what}: {advice(error)}", handling.why_final)
    cause = ThrottledError if kind is ErrorKind.THROTTLING else AwsCallError
    return cause(f"AWS Batch did not accept {what}: {advice(error)}")
