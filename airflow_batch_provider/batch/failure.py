"""Says in one sentence why a job failed."""

from __future__ import annotations

from collections.abc import Sequence

from airflow_batch_provider.batch.job import JobDescription

DEPENDENCY_FAILED = "Dependent Job failed"
"""AWS's statusReason for a job that never started because a job that it depends on failed."""

_UNINFORMATIVE = "Essential container in task exited"
"""AWS's statusReason for every container that ended, well or not."""


def failure_sentence(job_key: str, job: JobDescription, log_lines: Sequence[str] = ()) -> str:
    """
    Say which job failed, on which attempt, with which exit code, why, and what it printed last.

    :param job_key: what the author calls the job.
    """
    attempt = f" on attempt {job.attempts_made} of {job.attempts_allowed}" if job.attempts_made else ""
    exit_code = f" with exit code {job.exit_code}" if job.exit_code is not None else ""
    sentence = f"job '{job_key}' ({job.job_id}) failed{attempt}{exit_code}{_because(job)}."
    return f"{sentence} Its last log lines: {_quoted(log_lines)}" if log_lines else sentence


def array_failure_sentence(
    job_key: str, job: JobDescription, failed: Sequence[int], first: str | None = None
) -> str:
    """
    Say how many children of an array job failed and which.

    :param first: the sentence of the first of them.
    """
    size = job.array.size if job.array else len(failed)
    sentence = (
        f"array job '{job_key}' ({job.job_id}) failed: {len(failed)} of {size} children failed "
        f"(index {index_ranges(failed)})"
        if failed
        else f"array job '{job_key}' ({job.job_id}) failed{_because(job)}"
    )
    return f"{sentence}. First of them: {first}" if first else f"{sentence}."


def index_ranges(indices: Sequence[int]) -> str:
    """Write sorted indices in short: ``0-3, 7, 9-10``."""
    ranges: list[tuple[int, int]] = []
    for index in indices:
        if ranges and ranges[-1][1] == index - 1:
            ranges[-1] = (ranges[-1][0], index)
        else:
            ranges.append((index, index))
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)


def _because(job: JobDescription) -> str:
    said = [job.status_reason if job.status_reason != _UNINFORMATIVE else None, job.container_reason]
    reasons = [reason.rstrip(".") for reason in said if reason]
    return f": {': '.join(reasons)}" if reasons else ""


def _quoted(lines: Sequence[str]) -> str:
    return " | ".join(line.rstrip() for line in lines)
