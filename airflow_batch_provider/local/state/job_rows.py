"""Converts the changing part of a job to a database row, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple
from typing import TYPE_CHECKING, Any

from airflow_batch_provider.local.lifecycle.containers import ContainerState
from airflow_batch_provider.local.lifecycle.jobs import ArrayProgress, Attempt, Job, JobSpec, JobStatus

if TYPE_CHECKING:
    from airflow_batch_provider.local.lifecycle.capacity import ComputeEnvironment

NOT_A_CHILD = -1
"""Stored as the index of jobs that are not children."""


def snapshot(job: Job, number_of: Mapping[Any, int]) -> tuple[Any, ...]:
    """Return the current state of a job as JSON values."""
    attempts = job.attempts if job.current is None else (*job.attempts, job.current)
    return (
        job.status.value,
        job.created_at,
        job.started_at,
        job.stopped_at,
        job.status_reason,
        job.stop_reason,
        job.is_cancelled,
        job.is_terminated,
        [_snapshot_attempt(attempt, number_of) for attempt in attempts],
        job.current is not None,
        None if job.progress is None else job.progress.updated_at,
    )


def restore_job(
    identity: tuple[str, JobSpec, int],
    data: Sequence[Any],
    environment_of: Callable[[int], ComputeEnvironment],
    parent: Job | None = None,
    index: int | None = None,
) -> Job:
    """
    Build a job from its row.

    :param identity: the id of the job (for a child, of its array job), its spec and its sequence number.
    """
    status, created, started, stopped, reason, stop_reason, cancelled, terminated, *rest = data
    attempts, runs, updated = rest
    ended = [_restore_attempt(attempt, environment_of) for attempt in attempts]
    current = ended.pop() if runs else None
    job = Job(
        *identity,
        created,
        JobStatus(status),
        index,
        parent,
        started_at=started,
        stopped_at=stopped,
        status_reason=reason,
        attempts=tuple(ended),
        current=current,
        stop_reason=stop_reason,
        is_cancelled=cancelled,
        is_terminated=terminated,
    )
    if job.is_array:
        job.progress = ArrayProgress(dict.fromkeys(JobStatus, 0), job.spec.array_size or 0, updated)
    return job


def attach_children(array: Job, children: Sequence[Job]) -> None:
    """Add the children of an array job, and count their statuses."""
    if array.progress is None:
        raise ValueError(f"job {array.job_id} has children but is not an array job")
    array.children = tuple(children)
    for child in children:
        array.progress.counts[child.status] += 1
        array.progress.unfinished -= child.status.is_final


def new_child(array: Job, index: int) -> Job:
    """Return a child that has no row yet, because it has not changed since it was created."""
    return Job(array.root_id, array.spec, array.sequence, array.created_at, JobStatus.PENDING, index, array)


def _snapshot_attempt(attempt: Attempt, number_of: Mapping[Any, int]) -> tuple[Any, ...]:
    return (
        attempt.number,
        number_of[attempt.environment],
        attempt.task_id,
        attempt.started_at,
        attempt.stopped_at,
        attempt.exit_code,
        attempt.reason,
        attempt.status_reason,
        [astuple(state) for state in attempt.containers],
    )


def _restore_attempt(data: Sequence[Any], environment_of: Callable[[int], ComputeEnvironment]) -> Attempt:
    number, environment, *rest, states = data
    attempt = Attempt(number, environment_of(environment), *rest)
    attempt.containers = tuple(ContainerState(*state) for state in states)
    return attempt
