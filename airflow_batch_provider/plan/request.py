"""From a job of the spec to the members of its SubmitJob request."""

from __future__ import annotations

from typing import Any

from airflow_batch_provider.names import camel_case_members
from airflow_batch_provider.plan.definition import registration
from airflow_batch_provider.plan.short_forms import container_members, numbers_as_texts, retry_strategy
from airflow_batch_provider.spec.models import Job, JobDefinition

_PLAIN_MEMBERS = {
    "job_label": "jobName",
    "job_definition": "jobDefinition",
    "job_queue": "jobQueue",
    "share_identifier": "shareIdentifier",
    "scheduling_priority_override": "schedulingPriorityOverride",
    "parameters": "parameters",
    "propagate_tags": "propagateTags",
    "tags": "tags",
}
_FULL_MEMBERS = {
    "ecs_properties_override": "ecsPropertiesOverride",
    "eks_properties_override": "eksPropertiesOverride",
    "node_overrides": "nodeOverrides",
    "consumable_resource_properties_override": "consumableResourcePropertiesOverride",
}


def submit_request(job: Job, family: str = "job") -> dict[str, Any]:
    """
    Build the request of a job; what the author left out is absent.

    Texts may be templates. ``dependsOn`` is added when the job is submitted, and before the
    author's ``jobName``, if there is one, the name by which the job is found again; a
    ``jobDefinition`` that is a mapping is registered then.

    :param family: what the name of a job definition begins with that stands in the spec.
    """
    request = {
        member: getattr(job, field)
        for field, member in _PLAIN_MEMBERS.items()
        if getattr(job, field) is not None
    }
    if isinstance(job.job_definition, JobDefinition):
        request["jobDefinition"] = registration(job.job_definition, family)
    for field, member in _FULL_MEMBERS.items():
        if getattr(job, field) is not None:
            request[member] = camel_case_members(getattr(job, field))
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
    return request
