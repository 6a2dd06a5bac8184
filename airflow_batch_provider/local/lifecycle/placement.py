"""Finds a compute environment for a job, or the reason why none fits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from airflow_batch_provider.local.lifecycle import reasons

if TYPE_CHECKING:
    from airflow_batch_provider.local.lifecycle.capacity import ComputeEnvironment, JobQueue
    from airflow_batch_provider.local.lifecycle.jobs import JobSpec


def usable_environments(queue: JobQueue) -> list[ComputeEnvironment]:
    """Return the compute environments that accept jobs, in ``computeEnvironmentOrder``."""
    return [environment for environment in queue.environments if environment.accepts_jobs]


def blocked_reason(spec: JobSpec, environments: Sequence[ComputeEnvironment]) -> str | None:
    """Return the ``statusReason`` of a job that can never be placed, or ``None`` if waiting helps."""
    if not environments:
        return reasons.ENVIRONMENTS_INVALID
    large_enough = [each for each in environments if each.could_ever_hold(spec.millicpus)]
    if not large_enough:
        return reasons.TOO_LARGE_FOR_ENVIRONMENTS
    with_host = [each for each in large_enough if _has_host_for(each, spec)]
    if not with_host:
        return reasons.NO_HOST_LARGE_ENOUGH
    if all(each.shortage for each in with_host):
        return with_host[0].shortage
    return None


def find_room(spec: JobSpec, environments: Sequence[ComputeEnvironment]) -> ComputeEnvironment | None:
    """Return the first compute environment that has room for a job now, or ``None``."""
    return next(
        (
            each
            for each in environments
            if each.shortage is None and each.has_room_for(spec.millicpus) and _has_host_for(each, spec)
        ),
        None,
    )


def _has_host_for(environment: ComputeEnvironment, spec: JobSpec) -> bool:
    return environment.has_host_for(spec.millicpus, spec.memory_mib or 0, spec.gpus)
