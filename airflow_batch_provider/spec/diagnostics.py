"""Findings about a spec: what is wrong, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from airflow_batch_provider.errors import SpecError


class Severity(StrEnum):
    """An error stops; a warning does not."""

    ERROR = "E"
    WARNING = "W"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a file; lines and columns count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One thing that is wrong with a spec.

    :param rule: ``E301``: severity and number; 1xx syntax, 2xx shape, 3xx references and
        graph, 4xx AWS limits, 5xx practice. A number is never used again for another rule.
    """

    file: str
    position: Position
    rule: str
    text: str

    @property
    def severity(self) -> Severity:
        return Severity(self.rule[0])

    def __str__(self) -> str:
        return f"{self.file}:{self.position.line}:{self.position.column}: {self.rule} {self.text}"


class InvalidSpecError(SpecError):
    """A spec with at least one error; holds all of its findings, not only the first."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = in_reading_order(findings)
        super().__init__("\n" + "\n".join(str(finding) for finding in self.findings))


def in_reading_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort findings as their reader meets them in the file."""
    return tuple(sorted(findings, key=lambda found: (found.file, found.position, found.rule)))
