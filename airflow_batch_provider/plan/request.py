"""From a job of the spec to its SubmitJob request."""

from __future__ import annotations

from typing import Any, Final

from airflow_batch_provider import limits
from airflow_batch_provider.batch.request import JOB_LABEL
from airflow_batch_provider.names import camel_case_members
from airflow_batch_provider.plan.definition import registration
from airflow_batch_provider.plan.short_forms import container_members, numbers_as_texts, retry_strategy
from airflow_batch_provider.spec.models import SUBMIT_JOB_MEMBERS, Job, JobDefinition

_WITH_SHORT_FORMS: Final = frozenset({"array_properties", "timeout", "retry_strategy", "container_overrides"})


def submit_request(job: Job, family: str = "job") -> dict[str, Any]:
    """
    Build the request of a job; what the author left out is absent.

    Texts may be templates. The submission adds ``jobName`` and ``dependsOn``, and registers a
    ``jobDefinition`` that is a mapping.

    :param family: the beginning of the name of a job definition that is part of the spec.
    """
    request: dict[str, Any] = {JOB_LABEL: job.job_label} if job.job_label is not None else {}
    for name in SUBMIT_JOB_MEMBERS:
        if name not in _WITH_SHORT_FORMS and (value := getattr(job, name)) is not None:
            request.update(camel_case_members({name: value}))
    if isinstance(job.job_definition, JobDefinition):
        request["jobDefinition"] = registration(job.job_definition, family)
    if job.array_size is not None:
        request["arrayProperties"] = {"size": job.array_size}
    if job.timeout is not None:
        request["timeout"] = {"attemptDurationSeconds": job.timeout}
    if strategy := retry_strategy(job):
        request["retryStrategy"] = strategy
    if overrides := container_members(
        numbers_as_texts(camel_case_members(job.container_overrides or {})), job
    ):
        request["containerOverrides"] = overrides
    return _with_named_containers(request) if _sets_variables(job.array_size) else request


def _sets_variables(array_size: int | str | None) -> bool:
    """Return whether an array may become other jobs than one array job, which get environment variables."""
    return array_size is not None and array_size not in range(2, limits.ARRAY_SIZE_MAX + 1)


def _with_named_containers(request: dict[str, Any]) -> dict[str, Any]:
    """Override the containers of an inline definition by name if it has ``ecsProperties``."""
    definition = request.get("jobDefinition")
    if not isinstance(definition, dict) or "ecsPropertiesOverride" in request:
        return request
    tasks = definition.get("ecsProperties", {}).get("taskProperties", [])
    named = [
        {"containers": [{"name": each["name"]} for each in task.get("containers", []) if "name" in each]}
        for task in tasks
    ]
    return {**request, "ecsPropertiesOverride": {"taskProperties": named}} if named else request
