"""Completes a rendered SubmitJob request and checks what can only be checked then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from airflow_batch_provider import limits
from airflow_batch_provider.errors import RequestError
from airflow_batch_provider.units import mebibytes, seconds


@dataclass(frozen=True, slots=True)
class JobDependency:
    """An entry of ``dependsOn``; without a job id it is ``SEQUENTIAL`` on the job itself."""

    job_id: str | None = None
    type: str | None = None

    def to_aws(self) -> dict[str, str]:
        members = {"jobId": self.job_id, "type": self.type}
        return {name: str(value) for name, value in members.items() if value is not None}


def complete_request(
    rendered: Mapping[str, Any], *, job_key: str, job_name: str, depends_on: Sequence[JobDependency]
) -> dict[str, Any]:
    """
    Make a request that can be sent from one whose templates are rendered.

    Rendering leaves texts where AWS wants numbers; here they become numbers.

    :param job_key: names the job in errors.
    :raises RequestError: a value is not what it should have become, or breaks a limit.
    """
    request = {**rendered, "jobName": job_name}
    if depends_on:
        request["dependsOn"] = [dependency.to_aws() for dependency in depends_on]
    if "arrayProperties" in request:
        size = _number(job_key, "array_size", request["arrayProperties"].get("size"))
        _check_range(job_key, "array_size", size, limits.ARRAY_SIZE_MIN, limits.ARRAY_SIZE_MAX)
        request["arrayProperties"] = {**request["arrayProperties"], "size": size}
    if "attempts" in request.get("retryStrategy", {}):
        attempts = _number(job_key, "attempts", request["retryStrategy"]["attempts"])
        _check_range(job_key, "attempts", attempts, limits.ATTEMPTS_MIN, limits.ATTEMPTS_MAX)
        request["retryStrategy"] = {**request["retryStrategy"], "attempts": attempts}
    if "schedulingPriorityOverride" in request:
        priority = _number(job_key, "scheduling_priority_override", request["schedulingPriorityOverride"])
        _check_range(job_key, "scheduling_priority_override", priority, 0, limits.SCHEDULING_PRIORITY_MAX)
        request["schedulingPriorityOverride"] = priority
    if "timeout" in request:
        request["timeout"] = {"attemptDurationSeconds": _timeout(job_key, request["timeout"])}
    if "resourceRequirements" in request.get("containerOverrides", {}):
        request["containerOverrides"] = _with_memory_in_mebibytes(job_key, request["containerOverrides"])
    _check_dependencies(job_key, depends_on)
    return request


def _timeout(job_key: str, timeout: Mapping[str, Any]) -> int:
    written = timeout.get("attemptDurationSeconds")
    try:
        duration = seconds(written if isinstance(written, int) else str(written))
    except ValueError as error:
        raise RequestError(f"job '{job_key}': timeout: {error}") from None
    _check_range(job_key, "timeout", duration, limits.TIMEOUT_SECONDS_MIN, None)
    return duration


def _with_memory_in_mebibytes(job_key: str, overrides: Mapping[str, Any]) -> dict[str, Any]:
    try:
        requirements = [
            {**entry, "value": str(mebibytes(entry["value"]))} if entry.get("type") == "MEMORY" else entry
            for entry in overrides["resourceRequirements"]
        ]
    except ValueError as error:
        raise RequestError(f"job '{job_key}': memory: {error}") from None
    return {**overrides, "resourceRequirements": requirements}


def _check_dependencies(job_key: str, depends_on: Sequence[JobDependency]) -> None:
    if len(depends_on) > limits.DEPENDENCIES_MAX:
        text = (
            f"job '{job_key}' depends on {len(depends_on)} jobs; AWS Batch accepts {limits.DEPENDENCIES_MAX}"
        )
        raise RequestError(text)


def _number(job_key: str, member: str, value: Any) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise RequestError(
            f"job '{job_key}': {member} became {value!r}, which is not a whole number"
        ) from None


def _check_range(job_key: str, member: str, value: int, smallest: int, largest: int | None) -> None:
    if value < smallest or (largest is not None and value > largest):
        bounds = f"{smallest:,} to {largest:,}" if largest is not None else f"{smallest:,} or more"
        raise RequestError(f"job '{job_key}': {member} is {value:,}; AWS Batch takes {bounds}")
