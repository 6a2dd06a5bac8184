"""Who hears what becomes of attempts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from airflow_batch_provider.local.lifecycle.containers import Container
from airflow_batch_provider.local.lifecycle.effects import AttemptEnd
from airflow_batch_provider.local.lifecycle.jobs import Attempt, Job


class Reports(Protocol):
    """Hears of attempts and their containers."""

    def container_started(self, job: Job, attempt: Attempt, container: Container) -> None:
        """Note that a container runs."""

    def log(self, job: Job, attempt: Attempt, container: Container, lines: Sequence[str]) -> None:
        """Take the lines that a container has written."""

    def started(self, job: Job, attempt: Attempt) -> None:
        """Note that an attempt runs; what comes after the first time is ignored."""

    def ended(self, job: Job, attempt: Attempt, end: AttemptEnd) -> None:
        """Note that an attempt has ended, with all its containers."""
