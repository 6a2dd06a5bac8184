"""Split arrays of any size into jobs that AWS Batch accepts: array jobs of 2 to 10,000 children."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from airflow_batch_provider import limits

OFFSET_VARIABLE: Final = "BATCH_ARRAY_OFFSET"
SIZE_VARIABLE: Final = "BATCH_ARRAY_SIZE"
"""
Environment variables of children whose ``AWS_BATCH_JOB_ARRAY_INDEX`` is not their index in the whole array.

A child's index in the whole array is ``AWS_BATCH_JOB_ARRAY_INDEX`` plus the offset; each is 0 if it is
not set. AWS Batch reserves names that begin with ``AWS_BATCH``.
"""


@dataclass(frozen=True, slots=True)
class ArraySlice:
    """Consecutive children of an array, as one job: ``size`` of ``total`` children, from ``offset`` on."""

    offset: int
    size: int
    total: int


def slices(size: int) -> tuple[ArraySlice, ...]:
    """
    Split an array into as few jobs as AWS Batch's limit allows; their sizes differ by at most one.

    Arrays of the same size are always split alike, so that their children can be paired.
    """
    # Round up with integers only. Equal parts avoid a last slice of one child, which would be a plain job.
    count = -(-size // limits.ARRAY_SIZE_MAX)
    bounds = [size * number // count for number in range(count + 1)]
    return tuple(ArraySlice(start, end - start, size) for start, end in pairwise(bounds))


def with_slice(request: Mapping[str, Any], array_slice: ArraySlice) -> dict[str, Any]:
    """Return the SubmitJob request of one slice of an array; a single child is a plain job."""
    rest = {name: value for name, value in request.items() if name != "arrayProperties"}
    sized = rest if array_slice.size == 1 else {**rest, "arrayProperties": {"size": array_slice.size}}
    if array_slice.size == array_slice.total > 1:
        return sized
    variables = {OFFSET_VARIABLE: str(array_slice.offset), SIZE_VARIABLE: str(array_slice.total)}
    return _with_environment(sized, variables)


def _with_environment(request: dict[str, Any], variables: Mapping[str, str]) -> dict[str, Any]:
    """Add environment variables to every container of a request, in the member of its platform."""
    if "ecsPropertiesOverride" in request:
        override = request["ecsPropertiesOverride"]
        tasks = [
            {
                **task,
                "containers": [
                    _container(each, "environment", variables) for each in task.get("containers", ())
                ],
            }
            for task in override.get("taskProperties", ())
        ]
        return {**request, "ecsPropertiesOverride": {**override, "taskProperties": tasks}}
    if "eksPropertiesOverride" in request:
        pod = request["eksPropertiesOverride"].get("podProperties", {})
        containers = [_container(each, "env", variables) for each in pod.get("containers", ())]
        return {**request, "eksPropertiesOverride": {"podProperties": {**pod, "containers": containers}}}
    overrides = request.get("containerOverrides", {})
    return {**request, "containerOverrides": _container(overrides, "environment", variables)}


def _container(container: Mapping[str, Any], member: str, variables: Mapping[str, str]) -> dict[str, Any]:
    own = [entry for entry in container.get(member, []) if entry.get("name") not in variables]
    added = [{"name": name, "value": value} for name, value in variables.items()]
    return {**container, member: own + added}
