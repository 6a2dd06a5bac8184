"""E305: ``dependsOn`` of a job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from airflow_batch_provider import limits
from airflow_batch_provider.aws_requests.refusal import Refusal
from airflow_batch_provider.aws_requests.values import entries, is_missing, is_template, items

_TYPES: Final = ("N_TO_N", "SEQUENTIAL")


def refusals_of_dependencies(request: Mapping[str, Any]) -> Iterator[Refusal]:
    """Yield the dependencies of a job that AWS Batch refuses without looking at the other jobs."""
    if (count := len(items(request.get("dependsOn")))) > limits.DEPENDENCIES_MAX:
        text = f"depends on {count} jobs; AWS Batch accepts at most {limits.DEPENDENCIES_MAX}"
        yield Refusal("E305", ("dependsOn",), text)
    is_array = request.get("arrayProperties") is not None
    for index, dependency in entries(request.get("dependsOn")):
        kind, path = dependency.get("type"), ("dependsOn", index)
        if is_template(kind):
            continue
        if kind is not None and kind not in _TYPES:
            text = f"has a dependency of the type {kind!r}; AWS Batch accepts {' and '.join(_TYPES)}"
            yield Refusal("E305", (*path, "type"), text)
        elif is_missing(dependency.get("jobId")) and kind != "SEQUENTIAL":
            text = "has a dependency without job_id; only SEQUENTIAL needs none"
            yield Refusal("E305", path, text)
        elif not is_array and (kind == "N_TO_N" or (kind and is_missing(dependency.get("jobId")))):
            text = f"has a dependency of the type {kind}, which requires an array job"
            yield Refusal("E305", (*path, "type"), text)
