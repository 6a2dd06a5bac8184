"""What passes between the lifecycle and the world: transitions and orders out, ends of attempts in."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_batch_provider.local.lifecycle import reasons
from airflow_batch_provider.local.lifecycle.jobs import Attempt, Job, JobStatus


@dataclass(frozen=True, slots=True)
class Transition:
    """A job has changed its status."""

    job: Job
    old: JobStatus
    new: JobStatus
    at: int


@dataclass(frozen=True, slots=True)
class StartAttempt:
    """Order to the runner: start this attempt."""

    job: Job
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class StopAttempt:
    """Order to the runner: end this attempt."""

    job: Job
    attempt: Attempt


Order = StartAttempt | StopAttempt


@dataclass(frozen=True, slots=True)
class AttemptEnd:
    """
    How an attempt ended.

    :param exit_code: absent if no container ran or its host was lost.
    :param reason: ``container.reason``.
    """

    exit_code: int | None = None
    reason: str | None = None
    status_reason: str = reasons.CONTAINER_EXITED

    @classmethod
    def failed_to_start(cls, reason: str) -> AttemptEnd:
        return cls(reason=reason, status_reason=reasons.FAILED_TO_START)
