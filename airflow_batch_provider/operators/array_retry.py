"""Which children of an array job a retry runs again."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.batch.array_subset import ArraySubset
from airflow_batch_provider.batch.failures.classification import (
    ARRAY_CHILD_FAILED,
    DEPENDENCY_FAILED,
    failed_only_by_dependencies,
)
from airflow_batch_provider.batch.index_ranges import format_index_ranges
from airflow_batch_provider.batch.job import JobDescription, JobStatus, JobSummary
from airflow_batch_provider.errors import RequestError
from airflow_batch_provider.spec.models import ArrayRetry

if TYPE_CHECKING:
    from airflow_batch_provider.batch.client import BatchClient

log = logging.getLogger(__name__)

_AS_A_WHOLE: Final = "The array runs again as a whole:"


def array_retry_of(task_id: str, written: str) -> ArrayRetry:
    """
    Read an operator's argument.

    :raises RequestError: there is no such choice.
    """
    try:
        return ArrayRetry(written)
    except ValueError:
        choices = ", ".join(ArrayRetry)
        raise RequestError(f"task '{task_id}': array_retry is {written!r}; it is one of {choices}") from None


@dataclass(frozen=True, slots=True)
class PartialRetry:
    """
    Makes the request of the children that failed, in place of the whole array.

    :param command: that of the job which failed.
    """

    part: ArraySubset
    command: Sequence[str]
    is_wrapped: bool

    def __call__(self, request: dict[str, Any]) -> dict[str, Any]:
        """Reshape a request; it stays as it is where its children cannot be run apart."""
        has_command = bool(request.get("containerOverrides", {}).get("command") or self.command)
        if self.is_wrapped and not has_command:
            return _whole(request, "sh cannot start an image's own command; give the job a command")
        if any(entry.get("type") == "N_TO_N" for entry in request.get("dependsOn", ())):
            return _whole(request, "its children depend on those of a job that this task does not wait for")
        if request.keys() & {"ecsPropertiesOverride", "eksPropertiesOverride"}:
            return _whole(request, "its overrides are not those of a single container")
        narrowed = self.part.request_of(request, command=self.command, is_wrapped=self.is_wrapped)
        if narrowed is None:
            return _whole(request, "the list of its failed children is longer than AWS's overrides may be")
        size, indices = self.part.size, self.part.indices
        log.info(
            "Of the array's %s children %s run again: %s", size, len(indices), format_index_ranges(indices)
        )
        return narrowed


def partial_retry(
    batch: BatchClient, retry: ArrayRetry, failed: JobDescription | None
) -> PartialRetry | None:
    """
    Plan a retry of failed children only; None where the whole array has to run again.

    :param failed: the job in whose place a new one is submitted.
    """
    if retry is ArrayRetry.ALL or failed is None or not failed.is_array:
        return None
    positions = _failed_positions(batch, failed)
    if not positions:
        return None
    return PartialRetry(failed.children.narrowed(positions), failed.command, retry is ArrayRetry.FAILED)


def seen_as_held_back(batch: BatchClient, job: JobDescription | None) -> JobDescription | None:
    """
    Say of an array job that it failed because of a dependency, if that is all that its children failed of.

    AWS Batch says ``Array Child Job failed`` of it, whatever the children failed of. With
    ``N_TO_N`` a child fails with the one that it depends on, and its siblings run.
    """
    if job is None or job.array is None or job.status is not JobStatus.FAILED:
        return job
    if job.status_reason != ARRAY_CHILD_FAILED or not failed_only_by_dependencies(
        batch.list_failed_children(job.job_id)
    ):
        return job
    return replace(job, status_reason=DEPENDENCY_FAILED)


def _whole(request: dict[str, Any], reason: str) -> dict[str, Any]:
    log.warning("%s %s", _AS_A_WHOLE, reason)
    return request


def _failed_positions(batch: BatchClient, job: JobDescription) -> list[int]:
    """List which children failed; none unless AWS's list is complete: a child left out would never run."""
    if job.status is not JobStatus.FAILED:
        return []
    if job.array is None:
        return [0]
    failed: list[JobSummary] = batch.list_failed_children(job.job_id)
    if len(failed) != job.array.count(JobStatus.FAILED):
        counted = job.array.count(JobStatus.FAILED)
        log.warning("%s AWS Batch counts %s failed children and lists %s", _AS_A_WHOLE, counted, len(failed))
        return []
    is_all = len(failed) == job.array.size and job.subset is None
    return [] if is_all else [child.index for child in failed]
