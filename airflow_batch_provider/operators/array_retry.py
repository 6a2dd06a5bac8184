"""Which children of an array job a retry runs again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.batch.failures.classification import (
    ARRAY_CHILD_FAILED,
    DEPENDENCY_FAILED,
)
from airflow_batch_provider.batch.index_ranges import format_index_ranges
from airflow_batch_provider.batch.job import JobDescription, JobStatus, JobSummary
from airflow_batch_provider.errors import RequestError
from airflow_batch_provider.following.terminations import was_held_back
from airflow_batch_provider.spec.models import ArrayRetry

if TYPE_CHECKING:
    from airflow_batch_provider.batch.array_subset import ArraySubset
    from airflow_batch_provider.batch.client import BatchClient

log = logging.getLogger(__name__)

_WHOLE_ARRAY: Final = "Submitting all children of the array:"


def parse_array_retry(task_id: str, written: str) -> ArrayRetry:
    """
    Read an operator's argument.

    :raises RequestError: the value is not one of the choices.
    """
    try:
        return ArrayRetry(written)
    except ValueError:
        choices = ", ".join(ArrayRetry)
        raise RequestError(
            f"task '{task_id}': array_retry is {written!r}; it must be one of {choices}"
        ) from None


@dataclass(frozen=True, slots=True)
class PartialRetry:
    """
    Turns the request of a whole array into that of its failed children.

    :param command: the command of the job that failed.
    :param is_wrapped: whether ``sh`` gives each child its original index.
    """

    subset: ArraySubset
    command: Sequence[str]
    is_wrapped: bool

    def __call__(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the children's request; return the whole array's where they cannot run separately."""
        has_command = bool(request.get("containerOverrides", {}).get("command") or self.command)
        if self.is_wrapped and not has_command:
            return _whole(request, "sh cannot start an image's default command; set the job's command")
        # AWS Batch pairs children by their new indexes, which a subset
        # counts from 0: they would wait for the wrong children.
        if any(entry.get("type") == "N_TO_N" for entry in request.get("dependsOn", ())):
            return _whole(
                request, "its children depend on children of a job that this task does not wait for"
            )
        if request.keys() & {"ecsPropertiesOverride", "eksPropertiesOverride"}:
            return _whole(request, "it has ecsPropertiesOverride or eksPropertiesOverride")
        narrowed = self.subset.request_of(request, command=self.command, is_wrapped=self.is_wrapped)
        if narrowed is None:
            return _whole(request, "the list of failed children does not fit into containerOverrides")
        size, indices = self.subset.size, self.subset.indices
        log.info(
            "Submitting %s of the array's %s children again: %s",
            len(indices),
            size,
            format_index_ranges(indices),
        )
        return narrowed


def partial_retry(
    batch: BatchClient, retry: ArrayRetry, failed: JobDescription | None
) -> PartialRetry | None:
    """
    Return the retry of the failed children only; None if the whole array has to run again.

    :param failed: the job that the new one replaces.
    """
    if retry is ArrayRetry.ALL or failed is None or not failed.is_array:
        return None
    positions = _failed_positions(batch, failed)
    if not positions:
        return None
    return PartialRetry(failed.children.narrowed(positions), failed.command, retry is ArrayRetry.FAILED)


def seen_as_held_back(
    batch: BatchClient,
    job: JobDescription | None,
    is_held_back: Callable[[str | None], bool] = was_held_back,
) -> JobDescription | None:
    """
    Give an array job the reason ``Dependent Job failed`` if all of its failed children were held back.

    AWS Batch gives an array job the reason ``Array Child Job failed``, whatever its children's reasons
    are. With ``N_TO_N``, a child fails with the child that it depends on, and its siblings run.

    :param is_held_back: decides by the reason of a child.
    """
    if job is None or job.array is None or job.status is not JobStatus.FAILED:
        return job
    if job.status_reason != ARRAY_CHILD_FAILED:
        return job
    children = batch.list_failed_children(job.job_id)
    if not children or not all(is_held_back(child.status_reason) for child in children):
        return job
    return replace(job, status_reason=DEPENDENCY_FAILED)


def _whole(request: dict[str, Any], reason: str) -> dict[str, Any]:
    log.warning("%s %s", _WHOLE_ARRAY, reason)
    return request


def _failed_positions(batch: BatchClient, job: JobDescription) -> list[int]:
    """Return the failed children; none if AWS's list is incomplete: a missing child would never run."""
    if job.status is not JobStatus.FAILED:
        return []
    if job.array is None:
        return [0]
    failed: list[JobSummary] = batch.list_failed_children(job.job_id)
    counted = job.array.count(JobStatus.FAILED)
    if len(failed) != counted:
        log.warning("%s AWS Batch counts %s failed children but lists %s", _WHOLE_ARRAY, counted, len(failed))
        return []
    # If all children failed, the plain request is the same work without extra variables and shell.
    is_all = len(failed) == job.array.size and job.subset is None
    return [] if is_all else [child.index for child in failed]
