"""Completes a rendered SubmitJob request and checks what can only be checked then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from airflow_batch_provider import limits
from airflow_batch_provider.batch.arrays import ArraySlice, with_slice
from airflow_batch_provider.batch.naming import with_label
from airflow_batch_provider.errors import RequestError
from airflow_batch_provider.names import snake_case
from airflow_batch_provider.sizes import largest_field, override_characters, request_bytes
from airflow_batch_provider.units import mebibytes, seconds

N_TO_N: Final = "N_TO_N"


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

    Rendering leaves texts where AWS wants numbers; here they become numbers. An array of one
    child becomes a plain job.

    :param job_key: names the job in errors.
    :param job_name: the job's name; a ``jobName`` in ``rendered`` is put behind it.
    :raises RequestError: a value is not what it should have become, or breaks a limit.
    """
    who = f"job '{job_key}'"
    request = {**rendered, "jobName": with_label(job_name, rendered.get("jobName"))}
    if "arrayProperties" in request:
        size = array_size(rendered, job_key)
        _check_array(who, size)
        request = with_slice(request, ArraySlice(0, size, size))
        depends_on = depends_on if size > 1 else dependencies_of_single_child(depends_on)
    if depends_on:
        request["dependsOn"] = [dependency.to_aws() for dependency in depends_on]
    _check_dependencies(job_key, depends_on)
    completed = _with_numbers(who, request, "schedulingPriorityOverride", "containerOverrides")
    _check_size(who, completed)
    return completed


def complete_registration(rendered: Mapping[str, Any], *, job_key: str) -> dict[str, Any]:
    """
    Make of a job definition whose templates are rendered one that can be registered.

    :raises RequestError: a value is not what it should have become, or breaks a limit.
    """
    who = f"the job definition of job '{job_key}'"
    return _with_numbers(who, dict(rendered), "schedulingPriority", "containerProperties")


def array_size(rendered: Mapping[str, Any], job_key: str) -> int:
    """
    Read how many children a job has, 1 for a plain job.

    :raises RequestError: the size is no number.
    """
    if "arrayProperties" not in rendered:
        return 1
    return _number(f"job '{job_key}'", "array_size", rendered["arrayProperties"].get("size"))


def check_pair(job_key: str, size: int, other_key: str, other_size: int) -> None:
    """
    Compare the sizes of two array jobs whose children depend on each other one by one.

    :raises RequestError: they are not the same.
    """
    if size != other_size:
        text = (
            f"job '{job_key}' has {size:,} children and '{other_key}' has {other_size:,}; "
            "N_TO_N pairs them and needs as many here as there: give both the same array_size"
        )
        raise RequestError(text)


def dependencies_of_single_child(depends_on: Sequence[JobDependency]) -> list[JobDependency]:
    """Say what an array of one child, which is a plain job, depends on: other jobs as a whole."""
    return [JobDependency(each.job_id) for each in depends_on if each.job_id is not None]


def _with_numbers(
    who: str, request: dict[str, Any], priority_member: str, container_member: str
) -> dict[str, Any]:
    if "attempts" in request.get("retryStrategy", {}):
        attempts = _number(who, "attempts", request["retryStrategy"]["attempts"])
        _check_range(who, "attempts", attempts, limits.ATTEMPTS_MIN, limits.ATTEMPTS_MAX)
        request["retryStrategy"] = {**request["retryStrategy"], "attempts": attempts}
    if priority_member in request:
        member = snake_case(priority_member)
        priority = _number(who, member, request[priority_member])
        _check_range(who, member, priority, 0, limits.SCHEDULING_PRIORITY_MAX)
        request[priority_member] = priority
    if "timeout" in request:
        request["timeout"] = {"attemptDurationSeconds": _timeout(who, request["timeout"])}
    if "resourceRequirements" in request.get(container_member, {}):
        request[container_member] = _with_memory_in_mebibytes(who, request[container_member])
    return request


def _timeout(who: str, timeout: Mapping[str, Any]) -> int:
    written = timeout.get("attemptDurationSeconds")
    try:
        duration = seconds(written if isinstance(written, int) else str(written))
    except ValueError as error:
        raise RequestError(f"{who}: timeout: {error}") from None
    _check_range(who, "timeout", duration, limits.TIMEOUT_SECONDS_MIN, None)
    return duration


def _with_memory_in_mebibytes(who: str, container: Mapping[str, Any]) -> dict[str, Any]:
    try:
        requirements = [
            {**entry, "value": str(mebibytes(entry["value"]))} if entry.get("type") == "MEMORY" else entry
            for entry in container["resourceRequirements"]
        ]
    except ValueError as error:
        raise RequestError(f"{who}: memory: {error}") from None
    return {**container, "resourceRequirements": requirements}


def _check_array(who: str, size: int) -> None:
    if not 1 <= size <= limits.ARRAY_SIZE_MAX:
        text = (
            f"{who}: array_size is {size:,}; a size that comes from a template can be 1 to "
            f"{limits.ARRAY_SIZE_MAX:,}; a larger array must have its size as a number in the spec"
        )
        raise RequestError(text)


def _check_dependencies(job_key: str, depends_on: Sequence[JobDependency]) -> None:
    if len(depends_on) > limits.DEPENDENCIES_MAX:
        text = (
            f"job '{job_key}' depends on {len(depends_on)} jobs; AWS Batch accepts {limits.DEPENDENCIES_MAX}"
        )
        raise RequestError(text)


def _check_size(who: str, request: Mapping[str, Any]) -> None:
    size = request_bytes(request)
    if size > limits.REQUEST_BYTES_MAX:
        field, taken = largest_field(request)
        text = (
            f"{who}: its request has {size:,} bytes; AWS Batch takes {limits.REQUEST_BYTES_MAX:,}. "
            f"The largest part is {field} with {taken:,}; put it into S3 and pass its key"
        )
        raise RequestError(text)
    overrides = request.get("containerOverrides", {})
    characters = override_characters(overrides)
    if characters > limits.OVERRIDE_CHARACTERS_MAX:
        field, taken = largest_field(overrides)
        text = (
            f"{who}: its containerOverrides have {characters:,} characters; a job with more than "
            f"{limits.OVERRIDE_CHARACTERS_MAX:,} fails when it starts. The largest part is {field} with "
            f"{taken:,}; put it into S3 and pass its key"
        )
        raise RequestError(text)


def _number(who: str, member: str, value: Any) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise RequestError(f"{who}: {member} became {value!r}, which is not a whole number") from None


def _check_range(who: str, member: str, value: int, smallest: int, largest: int | None) -> None:
    if value < smallest or (largest is not None and value > largest):
        bounds = f"{smallest:,} to {largest:,}" if largest is not None else f"{smallest:,} or more"
        raise RequestError(f"{who}: {member} is {value:,}; AWS Batch takes {bounds}")
