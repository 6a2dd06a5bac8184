"""Findings about a spec: what is wrong, where it is, and how to fix it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from airflow_batch_provider.errors import SpecError


class Severity(StrEnum):
    """An error invalidates the spec; a warning does not."""

    ERROR = "E"
    WARNING = "W"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A position in a file. Lines and columns start at 1."""

    line: int
    column: int


_NONE: Final = Position(0, 0)


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One problem in a spec.

    :param position: None if the finding concerns the file as a whole, such as one that does not exist.
    :param rule: the id, severity and number: ``E301``. 1xx is syntax, 2xx schema, 3xx references
        and graph, 4xx AWS limits, 5xx practice. An id is never reused for another rule.
    """

    file: str
    position: Position | None
    rule: str
    text: str

    @property
    def severity(self) -> Severity:
        return Severity(self.rule[0])

    def __str__(self) -> str:
        place = f"{self.file}:{self.position.line}:{self.position.column}" if self.position else self.file
        return f"{place}: {self.rule} {self.text}"


class InvalidSpecError(SpecError):
    """A spec has at least one error. The exception holds all findings, not only the first."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = sort_findings(findings)
        super().__init__("\n" + "\n".join(str(finding) for finding in self.findings))


def sort_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort findings by file, position and rule, and keep one of those that are equal."""
    distinct = dict.fromkeys(findings)
    return tuple(sorted(distinct, key=lambda found: (found.file, found.position or _NONE, found.rule)))
