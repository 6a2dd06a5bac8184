"""The containers of a job, and how each of them fares in an attempt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

DEFAULT_NAME: Final = "default"
"""What AWS calls the container of ``containerProperties``."""


@dataclass(frozen=True, slots=True)
class Container:
    """
    One container of a job, merged from definition and submission.

    :param described: what DescribeJobs tells of it before it runs.
    :param millicpus: thousandths of a vCPU.
    :param memory_mib: what it may hold.
    """

    described: Mapping[str, Any]
    millicpus: int = 0
    memory_mib: int | None = None

    @property
    def name(self) -> str:
        return str(self.described.get("name") or DEFAULT_NAME)

    @property
    def is_essential(self) -> bool:
        """Tell whether the whole task ends with it."""
        return bool(self.described.get("essential", True))

    @property
    def start_timeout_seconds(self) -> int | None:
        """How long it waits for the containers that it depends on; for ever if absent."""
        return self.described.get("startTimeout")

    @property
    def stop_timeout_seconds(self) -> int | None:
        """From SIGTERM to SIGKILL, if it is not to be what all containers get."""
        return self.described.get("stopTimeout")


@dataclass(slots=True)
class ContainerState:
    """
    What became of one of several containers in an attempt.

    :param reason: ``reason`` of the container, as ECS gives it.
    """

    has_started: bool = False
    is_over: bool = False
    exit_code: int | None = None
    reason: str | None = None
