"""From a job of the spec to the members of its SubmitJob request."""

from __future__ import annotations

from typing import Any

from airflow_batch_provider.names import aws_shape
from airflow_batch_provider.spec.models import Job

_PLAIN_MEMBERS = {
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
_NUMBERS = frozenset({"attempts", "vcpus", "memory"})
"""The only members of ``retryStrategy`` and ``containerOverrides`` that are numbers for AWS."""


def submit_request(job: Job) -> dict[str, Any]:
    """
    Build the request of a job; what the author left out is absent.

    Texts may be templates. ``jobName`` and ``dependsOn`` are added when the job is submitted.
    """
    request = {
        member: getattr(job, field)
        for field, member in _PLAIN_MEMBERS.items()
        if getattr(job, field) is not None
    }
    for field, member in _FULL_MEMBERS.items():
        if getattr(job, field) is not None:
            request[member] = aws_shape(getattr(job, field))
    if job.array_size is not None:
        request["arrayProperties"] = {"size": job.array_size}
    if job.timeout is not None:
        request["timeout"] = {"attemptDurationSeconds": job.timeout}
    if strategy := _retry_strategy(job):
        request["retryStrategy"] = strategy
    if overrides := _container_overrides(job):
        request["containerOverrides"] = overrides
    return request


def _retry_strategy(job: Job) -> dict[str, Any]:
    strategy: dict[str, Any] = _numbers_as_texts(aws_shape(job.retry_strategy or {}))
    if job.attempts is not None:
        strategy["attempts"] = job.attempts
    return strategy


def _container_overrides(job: Job) -> dict[str, Any]:
    overrides: dict[str, Any] = _numbers_as_texts(aws_shape(job.container_overrides or {}))
    if job.command is not None:
        overrides["command"] = list(job.command)
    if job.environment:
        named = [{"name": name, "value": value} for name, value in job.environment.items()]
        overrides["environment"] = _laid_over(overrides.get("environment", []), named, "name")
    amounts = {"VCPU": job.vcpus, "MEMORY": job.memory, "GPU": job.gpus}
    wanted = [{"type": kind, "value": str(amount)} for kind, amount in amounts.items() if amount is not None]
    if wanted:
        overrides["resourceRequirements"] = _laid_over(
            overrides.get("resourceRequirements", []), wanted, "type"
        )
    return overrides


def _numbers_as_texts(value: Any) -> Any:
    """Take ``on_exit_code: 137`` as the text that AWS wants, as the short forms do."""
    if isinstance(value, dict):
        return {name: item if name in _NUMBERS else _numbers_as_texts(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_numbers_as_texts(item) for item in value]
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _laid_over(under: list[dict[str, Any]], over: list[dict[str, Any]], by: str) -> list[dict[str, Any]]:
    """Merge two lists of named entries; where both name the same, the upper one counts."""
    return list({entry.get(by): entry for entry in (*under, *over)}.values())
