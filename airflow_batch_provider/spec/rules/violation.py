"""A violation of a rule, before it is located in a file."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_batch_provider.spec.diagnostics import Severity
from airflow_batch_provider.spec.document import DataPath


@dataclass(frozen=True, slots=True)
class Violation:
    """A violation of a rule at a path in the spec's data."""

    rule: str
    path: DataPath
    text: str
    at_key: bool = False
    """Whether the finding points at the key instead of the value."""
    missing: tuple[DataPath, ...] = ()
    """The paths of the values without which the rule is violated. If one of them may exist, because it is
    invalid or misspelled, the violation is not reported."""

    @property
    def is_error(self) -> bool:
        return self.rule[0] == Severity.ERROR

    @property
    def text_without_job(self) -> str:
        """The text without the job key: the same for all jobs with the same violation."""
        return self.text.replace(f"'{self.path[1]}'", "''") if len(self.path) > 1 else self.text
