"""What is wrong with an account, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """Jobs will not run."""
    WARNING = "warning"
    """Something will be missing, or is not as it should be."""
    NOTE = "note"
    """Something could not be told."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """
    One finding.

    :param rule: ``D101``: 1xx job queues and compute environments, 2xx job definitions, 3xx
        sizes, 4xx shares, 5xx logs, 6xx permissions. A number is never used for another rule.
    """

    rule: str
    severity: Severity
    text: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.severity} {self.rule}: {self.text}. {self.remedy}."
