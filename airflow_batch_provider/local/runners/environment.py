"""The environment variables of a container: AWS Batch's own, and those that point clients at this server."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_batch_provider.local.lifecycle.containers import Container
    from airflow_batch_provider.local.lifecycle.jobs import Attempt, Job


def client_variables(endpoint_url: str, region: str) -> dict[str, str]:
    """Return the variables that point AWS clients inside a job at this server."""
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
    }


def batch_variables(job: Job, attempt: Attempt) -> dict[str, str]:
    """Return the ``AWS_BATCH_*`` variables of an attempt."""
    variables = {
        "AWS_BATCH_JOB_ID": job.job_id,
        "AWS_BATCH_JOB_ATTEMPT": str(attempt.number),
        "AWS_BATCH_JQ_NAME": job.spec.queue.name,
        "AWS_BATCH_CE_NAME": attempt.environment.name,
    }
    if job.index is not None:
        variables["AWS_BATCH_JOB_ARRAY_INDEX"] = str(job.index)
        variables["AWS_BATCH_JOB_ARRAY_SIZE"] = str(job.spec.array_size)
    return variables


def own_variables(container: Container) -> dict[str, str]:
    """Return the variables that the definition and the submission set."""
    return {
        variable["name"]: variable.get("value", "")
        for variable in container.described["environment"]
        if "name" in variable
    }
