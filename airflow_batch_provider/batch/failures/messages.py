"""The message of a failed job: why it failed, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from airflow_batch_provider.batch.failures.array_result import ArrayResult, failure_reason
from airflow_batch_provider.batch.failures.classification import Failure, FailureClass, classify
from airflow_batch_provider.batch.index_ranges import format_index_ranges
from airflow_batch_provider.defaults import INDEX_RANGES_IN_MESSAGE

if TYPE_CHECKING:
    from airflow_batch_provider.batch.job import JobDescription


def job_failure_message(job_key: str, job: JobDescription, log_lines: Sequence[str] = ()) -> str:
    """
    Return the message of a failed plain job or child.

    It names the job, the attempt, the exit code, the reason, the remedy and the last log lines.

    :param job_key: the job's key in the spec.
    """
    attempt = f" on attempt {job.attempts_made} of {job.attempts_allowed}" if job.attempts_made else ""
    exit_code = f" with exit code {job.exit_code}" if job.exit_code is not None else ""
    failure = classify(job)
    reason = _after_colon(_plain_reason(job, failure))
    message = f"job '{job_key}' ({job.job_id}) failed{attempt}{exit_code}{reason}."
    return " ".join([message, *_remedy(failure, job_key, job), *_last_lines(log_lines)])


def array_failure_message(
    job_key: str, job: JobDescription, result: ArrayResult, first: str | None = None
) -> str:
    """
    Return the message of a failed array job: how many children failed, and which.

    :param first: the message of the first failed child.
    """
    if not result.failed:
        message = f"array job '{job_key}' ({job.job_id}) failed{_after_colon(failure_reason(job))}."
        return " ".join([message, *_remedy(classify(job), job_key, job)])
    count, indices = len(result.failed), format_index_ranges(result.failed_indices, INDEX_RANGES_IN_MESSAGE)
    message = (
        f"array job '{job_key}' ({job.job_id}) failed: "
        f"{count:,} of {result.size:,} children failed ({'index' if count == 1 else 'indices'} {indices})."
    )
    return f"{message} First failed child: {first}" if first else message


def _plain_reason(job: JobDescription, failure: Failure) -> str | None:
    """Return the reason; for a container out of memory, with its limit instead of AWS's text."""
    if failure.kind is FailureClass.OOM and job.memory_mib is not None:
        return f"OutOfMemoryError (the container reached its limit of {job.memory_mib} MiB)"
    return failure_reason(job)


def _after_colon(reason: str | None) -> str:
    return f": {reason}" if reason else ""


def _remedy(failure: Failure, job_key: str, job: JobDescription) -> list[str]:
    definition = job.job_definition.rpartition("/")[2]
    return [failure.remedy.format(key=job_key, definition=definition)] if failure.remedy else []


def _last_lines(lines: Sequence[str]) -> list[str]:
    return [f"Last log lines: {' | '.join(line.rstrip() for line in lines)}"] if lines else []
