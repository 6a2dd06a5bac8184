"""How the children of an array job have ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from airflow_batch_provider.batch.failures.classification import (
    ESSENTIAL_CONTAINER_EXITED,
    EndedJob,
    Failure,
    classify,
)
from airflow_batch_provider.batch.indices import index_ranges

_REASONS_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class FailedChild:
    """
    A child that failed.

    :param index: its index in the array as the author wrote it.
    """

    index: int
    job_id: str
    failure: Failure
    exit_code: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ArrayResult:
    """
    The end of an array job.

    :param size: of the array as the author wrote it.
    :param failed: by their index.
    :param succeeded: how many succeeded; None where that could not be found out.
    """

    size: int
    failed: tuple[FailedChild, ...]
    succeeded: int | None

    @property
    def failed_indices(self) -> tuple[int, ...]:
        return tuple(child.index for child in self.failed)

    @property
    def failure(self) -> Failure | None:
        """The kind of failure that most of the failed children share; None if no child failed."""
        counted = Counter(child.failure for child in self.failed)
        return counted.most_common(1)[0][0] if counted else None

    @property
    def retryable(self) -> bool:
        """Whether all failed children could succeed later without anybody changing anything."""
        return all(child.failure.retryable for child in self.failed)

    def to_json(self) -> dict[str, Any]:
        """
        Write the result as the task's XCom ``array``.

        ``{"size": 10, "succeeded": 6, "failed": 4, "failed_indices": "3, 7-9", "exit_codes":
        {"1": "3", "137": "7-9"}, "reasons": {text: indices}, "classes": {"USER": "3", "OOM": "7-9"}}``;
        of the reasons the twenty that come first.
        """
        return {
            "size": self.size,
            "succeeded": self.succeeded,
            "failed": len(self.failed),
            "failed_indices": index_ranges(self.failed_indices),
            "exit_codes": _ranges_by((child.exit_code, child.index) for child in self.failed),
            "reasons": _first(_ranges_by((child.reason, child.index) for child in self.failed)),
            "classes": _ranges_by((child.failure.kind, child.index) for child in self.failed),
        }


def failed_child(child: EndedJob, job_id: str, index: int) -> FailedChild:
    """
    Judge a child that failed.

    :param index: in the array as the author wrote it.
    """
    return FailedChild(index, job_id, classify(child), child.exit_code, reason_of(child))


def reason_of(job: EndedJob) -> str | None:
    """Say what AWS Batch gives as the reason, the container's behind the job's; None if that is nothing."""
    said = [
        job.status_reason if job.status_reason != ESSENTIAL_CONTAINER_EXITED else None,
        job.container_reason,
    ]
    reasons = [reason.rstrip(".") for reason in said if reason]
    return ": ".join(reasons) or None


def _first(ranges: Mapping[str, str]) -> Mapping[str, str]:
    """Cut a long list short: the loss of each host is a reason of its own."""
    return dict(list(ranges.items())[:_REASONS_MAX])


def _ranges_by(pairs: Iterable[tuple[object, int]]) -> Mapping[str, str]:
    grouped: dict[str, list[int]] = {}
    for value, index in pairs:
        if value is not None:
            grouped.setdefault(str(value), []).append(index)
    return {value: index_ranges(indices) for value, indices in grouped.items()}
