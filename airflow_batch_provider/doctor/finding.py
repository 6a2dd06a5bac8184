"""A problem that the doctor finds in an account, with its remedy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How serious a finding is."""

    ERROR = "error"
    """Jobs will not run."""
    WARNING = "warning"
    """Jobs may run, but something is missing or misconfigured."""
    NOTE = "note"
    """Something could not be checked."""


@dataclass(frozen=True, slots=True)
class AccountFinding:
    """
    One problem.

    :param rule: an id such as ``D101``: 1xx job queues and compute environments, 2xx job definitions,
        3xx sizes, 4xx share identifiers, 5xx logs, 6xx permissions. An id is never reused for another rule.
    :param text: what is wrong, without a final period.
    :param remedy: what to do, without a final period.
    """

    rule: str
    severity: Severity
    text: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.severity} {self.rule}: {self.text}. {self.remedy}."
