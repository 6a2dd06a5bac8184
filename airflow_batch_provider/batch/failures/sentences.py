"""Says in a sentence or two why a job failed and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from airflow_batch_provider.batch.failures.array_result import ArrayResult, reason_of
from airflow_batch_provider.batch.failures.classification import Failure, FailureClass, classify
from airflow_batch_provider.batch.indices import index_ranges
from airflow_batch_provider.batch.job import JobDescription

_RANGES_MAX: Final = 20
"""Ranges of failed indices in a sentence; the task's result names them all."""


def failure_sentence(job_key: str, job: JobDescription, log_lines: Sequence[str] = ()) -> str:
    """
    Say which job failed, on which attempt, with which exit code, why, what to do, and what it printed last.

    :param job_key: what the author calls the job.
    """
    attempt = f" on attempt {job.attempts_made} of {job.attempts_allowed}" if job.attempts_made else ""
    exit_code = f" with exit code {job.exit_code}" if job.exit_code is not None else ""
    failure = classify(job)
    because = _because(_plain_reason(job, failure))
    sentence = f"job '{job_key}' ({job.job_id}) failed{attempt}{exit_code}{because}."
    return " ".join([sentence, *_remedy(failure, job_key, job), *_last_lines(log_lines)])


def array_failure_sentence(
    job_key: str, job: JobDescription, result: ArrayResult, first: str | None = None
) -> str:
    """
    Say how many children of an array job failed and which.

    :param first: the sentence of the first of them.
    """
    if not result.failed:
        sentence = f"array job '{job_key}' ({job.job_id}) failed{_because(reason_of(job))}."
        return " ".join([sentence, *_remedy(classify(job), job_key, job)])
    count, which = len(result.failed), index_ranges(result.failed_indices, _RANGES_MAX)
    sentence = (
        f"array job '{job_key}' ({job.job_id}) failed: "
        f"{count:,} of {result.size:,} children failed (index {which})."
    )
    return f"{sentence} First of them: {first}" if first else sentence


def _plain_reason(job: JobDescription, failure: Failure) -> str | None:
    """Say what the container reached instead of AWS's words, where it ran out of memory."""
    if failure.kind is FailureClass.OOM and job.memory_mib is not None:
        return f"OutOfMemoryError (the container reached its {job.memory_mib} MiB)"
    return reason_of(job)


def _because(reason: str | None) -> str:
    return f": {reason}" if reason else ""


def _remedy(failure: Failure, job_key: str, job: JobDescription) -> list[str]:
    definition = job.job_definition.rpartition("/")[2]
    return [failure.remedy.format(key=job_key, definition=definition)] if failure.remedy else []


def _last_lines(lines: Sequence[str]) -> list[str]:
    return [f"Its last log lines: {' | '.join(line.rstrip() for line in lines)}"] if lines else []
