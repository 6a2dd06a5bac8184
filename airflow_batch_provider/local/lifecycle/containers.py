"""The containers of a job, and their state in an attempt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

DEFAULT_NAME: Final = "default"
"""AWS's name for the container of ``containerProperties``."""


@dataclass(frozen=True, slots=True)
class Container:
    """
    One container of a job, merged from definition and submission.

    :param described: its description in DescribeJobs before it runs.
    :param millicpus: thousandths of a vCPU.
    :param memory_mib: the hard memory limit.
    """

    described: Mapping[str, Any]
    millicpus: int = 0
    memory_mib: int | None = None

    @property
    def name(self) -> str:
        return str(self.described.get("name") or DEFAULT_NAME)

    @property
    def is_essential(self) -> bool:
        """Return whether the whole task ends when this container ends."""
        return bool(self.described.get("essential", True))

    @property
    def start_timeout_seconds(self) -> int | None:
        """How long it waits for the containers that it depends on; ``None`` for no limit."""
        return self.described.get("startTimeout")

    @property
    def stop_timeout_seconds(self) -> int | None:
        """The time from SIGTERM to SIGKILL; ``None`` for the server's default."""
        return self.described.get("stopTimeout")


@dataclass(slots=True)
class ContainerState:
    """
    The state of a container in an attempt that has several.

    :param reason: ``reason`` of the container, as ECS reports it.
    """

    has_started: bool = False
    is_over: bool = False
    exit_code: int | None = None
    reason: str | None = None
