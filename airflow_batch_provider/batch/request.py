"""Complete a rendered SubmitJob request and check what is unknown before its templates are rendered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from airflow_batch_provider import limits
from airflow_batch_provider.aws_requests.conversion import converted
from airflow_batch_provider.batch.arrays import ArraySlice, with_slice
from airflow_batch_provider.batch.naming import with_label
from airflow_batch_provider.errors import RequestError
from airflow_batch_provider.names import snake_case
from airflow_batch_provider.sizes import largest_field, override_characters, request_bytes

N_TO_N: Final = "N_TO_N"

JOB_LABEL: Final = "jobLabel"
"""An entry of a request beside AWS's members: the author's suffix of ``jobName``, until that is known."""


@dataclass(frozen=True, slots=True)
class JobDependency:
    """An entry of ``dependsOn``; without a job ID it is ``SEQUENTIAL`` within the job itself."""

    job_id: str | None = None
    type: str | None = None

    def to_aws(self) -> dict[str, str]:
        members = {"jobId": self.job_id, "type": self.type}
        return {name: str(value) for name, value in members.items() if value is not None}


def complete_request(
    rendered: Mapping[str, Any], *, job_key: str, job_name: str, depends_on: Sequence[JobDependency]
) -> dict[str, Any]:
    """
    Return a request that can be sent, from one whose templates are rendered.

    Rendering leaves strings where AWS requires numbers, lists and mappings; they are converted here. An
    array of one child becomes a plain job.

    :param job_key: names the job in errors.
    :param job_name: the job's name; a ``jobLabel`` in ``rendered`` is appended to it.
    :raises RequestError: a rendered value has the wrong type or exceeds a limit.
    """
    subject = f"job '{job_key}'"
    label = rendered.get(JOB_LABEL)
    members = _converted(subject, {name: value for name, value in rendered.items() if name != JOB_LABEL})
    request = {**members, "jobName": with_label(job_name, label)}
    if "arrayProperties" in request:
        size = array_size(request, job_key)
        _check_array(subject, size)
        request = with_slice(request, ArraySlice(0, size, size))
        # AWS Batch accepts arrays of 2 children or more; a template may render to 1.
        depends_on = depends_on if size > 1 else dependencies_of_single_child(depends_on)
    if depends_on:
        request["dependsOn"] = [dependency.to_aws() for dependency in depends_on]
    _check_dependencies(job_key, depends_on)
    _check_ranges(subject, request, "schedulingPriorityOverride")
    _check_size(subject, request)
    return request


def complete_registration(rendered: Mapping[str, Any], *, job_key: str) -> dict[str, Any]:
    """
    Return a job definition that can be registered, from one whose templates are rendered.

    :raises RequestError: a rendered value has the wrong type or exceeds a limit.
    """
    subject = f"the job definition of job '{job_key}'"
    request = _converted(subject, rendered)
    _check_ranges(subject, request, "schedulingPriority")
    return request


def array_size(rendered: Mapping[str, Any], job_key: str) -> int:
    """
    Return the number of a job's children, 1 for a plain job.

    :raises RequestError: the size is not a number.
    """
    if "arrayProperties" not in rendered:
        return 1
    size = rendered["arrayProperties"].get("size")
    if size is None:
        raise RequestError(f"job '{job_key}': array_size is None, which is not an integer")
    properties = _converted(f"job '{job_key}'", {"arrayProperties": {"size": size}})["arrayProperties"]
    return int(properties["size"])


def check_pair(job_key: str, size: int, other_key: str, other_size: int) -> None:
    """
    Check that two array jobs with an ``N_TO_N`` dependency have the same size.

    :raises RequestError: their sizes differ.
    """
    if size != other_size:
        text = (
            f"job '{job_key}' has array size {size:,} and job '{other_key}' has array size {other_size:,}. "
            "An N_TO_N dependency pairs their children: give both jobs the same array_size"
        )
        raise RequestError(text)


def dependencies_of_single_child(depends_on: Sequence[JobDependency]) -> list[JobDependency]:
    """Return the dependencies of an array of one child: a plain job depends on whole jobs only."""
    return [JobDependency(each.job_id) for each in depends_on if each.job_id is not None]


def _converted(subject: str, rendered: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return converted(rendered)
    except ValueError as error:
        raise RequestError(f"{subject}: {error}") from None


def _check_ranges(subject: str, request: Mapping[str, Any], priority_member: str) -> None:
    if (attempts := request.get("retryStrategy", {}).get("attempts")) is not None:
        _check_range(subject, "attempts", attempts, limits.ATTEMPTS_MIN, limits.ATTEMPTS_MAX)
    if (priority := request.get(priority_member)) is not None:
        _check_range(subject, snake_case(priority_member), priority, 0, limits.SCHEDULING_PRIORITY_MAX)
    if (duration := request.get("timeout", {}).get("attemptDurationSeconds")) is not None:
        _check_range(subject, "timeout", duration, limits.TIMEOUT_SECONDS_MIN, None)


def _check_array(subject: str, size: int) -> None:
    if not 1 <= size <= limits.ARRAY_SIZE_MAX:
        text = (
            f"{subject}: array_size is {size:,}. A size from a template must be between 1 and "
            f"{limits.ARRAY_SIZE_MAX:,}; write a larger size as a number in the spec, and the array is split "
            "into several array jobs"
        )
        raise RequestError(text)


def _check_dependencies(job_key: str, depends_on: Sequence[JobDependency]) -> None:
    if len(depends_on) > limits.DEPENDENCIES_MAX:
        text = (
            f"job '{job_key}' depends on {len(depends_on)} jobs; AWS Batch accepts at most "
            f"{limits.DEPENDENCIES_MAX}. Remove dependencies that others imply, or add a job in between"
        )
        raise RequestError(text)


def _check_size(subject: str, request: Mapping[str, Any]) -> None:
    size = request_bytes(request)
    if size > limits.REQUEST_BYTES_MAX:
        field, taken = largest_field(request)
        text = (
            f"{subject}: the request is {size:,} bytes long; AWS Batch accepts at most "
            f"{limits.REQUEST_BYTES_MAX:,}. "
            f"The largest part is {field} with {taken:,} bytes; store it in S3 and pass its key"
        )
        raise RequestError(text)
    overrides = request.get("containerOverrides", {})
    characters = override_characters(overrides)
    if characters > limits.OVERRIDE_CHARACTERS_MAX:
        field, taken = largest_field(overrides)
        text = (
            f"{subject}: containerOverrides are {characters:,} characters long; a job with more than "
            f"{limits.OVERRIDE_CHARACTERS_MAX:,} fails when it starts. The largest part is {field} with "
            f"{taken:,} characters; store it in S3 and pass its key"
        )
        raise RequestError(text)


def _check_range(subject: str, member: str, value: int, smallest: int, largest: int | None) -> None:
    if value < smallest or (largest is not None and value > largest):
        bounds = (
            f"accepts {smallest:,} to {largest:,}"
            if largest is not None
            else f"requires at least {smallest:,}"
        )
        raise RequestError(f"{subject}: {member} is {value:,}; AWS Batch {bounds}")
