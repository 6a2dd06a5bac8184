"""The interface through which runners report the progress of attempts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from airflow_batch_provider.local.lifecycle.containers import Container
    from airflow_batch_provider.local.lifecycle.jobs import Attempt, Job
    from airflow_batch_provider.local.lifecycle.messages import AttemptEnd


class AttemptListener(Protocol):
    """Receives reports on attempts and their containers."""

    def container_started(self, job: Job, attempt: Attempt, container: Container) -> None:
        """Record that a container is running."""

    def log(self, job: Job, attempt: Attempt, container: Container, lines: Sequence[str]) -> None:
        """Store lines that a container has written."""

    def started(self, job: Job, attempt: Attempt) -> None:
        """Record that an attempt is running; only the first report counts."""

    def ended(self, job: Job, attempt: Attempt, end: AttemptEnd) -> None:
        """Record that an attempt has ended with all its containers."""
