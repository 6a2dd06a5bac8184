"""The environment variables that AWS Batch gives a container."""

from __future__ import annotations

from airflow_batch_provider.local.lifecycle.jobs import Attempt, Job


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


def job_variables(job: Job) -> dict[str, str]:
    """Return the variables that the definition and the submission set."""
    return {
        variable["name"]: variable.get("value", "")
        for variable in job.spec.container["environment"]
        if "name" in variable
    }
