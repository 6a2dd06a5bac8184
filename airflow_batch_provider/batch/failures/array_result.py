"""The result of an array job: which children failed, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from airflow_batch_provider.batch.failures.classification import (
    ESSENTIAL_CONTAINER_EXITED,
    EndedJob,
    Failure,
    classify,
)
from airflow_batch_provider.batch.index_ranges import format_index_ranges
from airflow_batch_provider.defaults import FAILURE_REASONS_MAX


@dataclass(frozen=True, slots=True)
class FailedChild:
    """
    A failed child of an array job.

    :param index: its index in the array that the author defined.
    """

    index: int
    job_id: str
    failure: Failure
    exit_code: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ArrayResult:
    """
    The result of an array job.

    :param size: the size of the array that the author defined.
    :param failed: the failed children, sorted by index.
    :param succeeded: the number of succeeded children; None if it is unknown.
    """

    size: int
    failed: tuple[FailedChild, ...]
    succeeded: int | None

    @property
    def failed_indices(self) -> tuple[int, ...]:
        return tuple(child.index for child in self.failed)

    @property
    def failure(self) -> Failure | None:
        """The most frequent kind of failure among the failed children; None if no child failed."""
        counts = Counter(child.failure for child in self.failed)
        return counts.most_common(1)[0][0] if counts else None

    @property
    def retryable(self) -> bool:
        """Whether all failed children could succeed later without a change by a user."""
        return all(child.failure.retryable for child in self.failed)

    def to_json(self) -> dict[str, Any]:
        """
        Return the value of the task's XCom ``array``.

        ``{"size": 10, "succeeded": 6, "failed": 4, "failed_indices": "3, 7-9", "exit_codes":
        {"1": "3", "137": "7-9"}, "reasons": {text: indices}, "classes": {"USER": "3", "OOM": "7-9"}}``;
        ``reasons`` has the first twenty reasons.
        """
        return {
            "size": self.size,
            "succeeded": self.succeeded,
            "failed": len(self.failed),
            "failed_indices": format_index_ranges(self.failed_indices),
            "exit_codes": _ranges_by((child.exit_code, child.index) for child in self.failed),
            "reasons": _first_reasons(_ranges_by((child.reason, child.index) for child in self.failed)),
            "classes": _ranges_by((child.failure.kind, child.index) for child in self.failed),
        }


def classify_child(child: EndedJob, job_id: str, index: int) -> FailedChild:
    """
    Classify a failed child.

    :param index: its index in the array that the author defined.
    """
    return FailedChild(index, job_id, classify(child), child.exit_code, failure_reason(child))


def failure_reason(job: EndedJob) -> str | None:
    """Return AWS's reasons, that of the job before that of the container; None if there is neither."""
    texts = [
        job.status_reason if job.status_reason != ESSENTIAL_CONTAINER_EXITED else None,
        job.container_reason,
    ]
    reasons = [reason.rstrip(".") for reason in texts if reason]
    return ": ".join(reasons) or None


def _first_reasons(ranges: Mapping[str, str]) -> Mapping[str, str]:
    """Limit the number of reasons: the loss of each host is a reason of its own."""
    return dict(list(ranges.items())[:FAILURE_REASONS_MAX])


def _ranges_by(pairs: Iterable[tuple[object, int]]) -> Mapping[str, str]:
    grouped: dict[str, list[int]] = {}
    for value, index in pairs:
        if value is not None:
            grouped.setdefault(str(value), []).append(index)
    return {value: format_index_ranges(indices) for value, indices in grouped.items()}
