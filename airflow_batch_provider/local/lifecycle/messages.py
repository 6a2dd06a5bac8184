"""Messages between the lifecycle and the outside: transitions and commands out, ends of attempts in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_batch_provider.local.lifecycle import reasons

if TYPE_CHECKING:
    from airflow_batch_provider.local.lifecycle.jobs import Attempt, Job, JobStatus


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of a job's status."""

    job: Job
    old: JobStatus
    new: JobStatus
    at: int


@dataclass(frozen=True, slots=True)
class StartAttempt:
    """Command to the runner: start an attempt."""

    job: Job
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class StopAttempt:
    """Command to the runner: stop an attempt."""

    job: Job
    attempt: Attempt


Command = StartAttempt | StopAttempt


@dataclass(frozen=True, slots=True)
class AttemptEnd:
    """
    How an attempt ended.

    :param exit_code: ``None`` if no container ran or the host was lost.
    :param reason: ``container.reason``.
    """

    exit_code: int | None = None
    reason: str | None = None
    status_reason: str = reasons.CONTAINER_EXITED

    @classmethod
    def failed_to_start(cls, reason: str) -> AttemptEnd:
        """Return the end of an attempt whose container could not be started."""
        return cls(reason=reason, status_reason=reasons.FAILED_TO_START)
