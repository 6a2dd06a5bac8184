"""What a rule reports; the place is still a path in the data."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_batch_provider.spec.diagnostics import Severity
from airflow_batch_provider.spec.document import Path


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken rule at a path in the spec's data."""

    rule: str
    path: Path
    text: str
    at_key: bool = False
    """Whether the key, not its value, is what is wrong."""

    @property
    def is_error(self) -> bool:
        return self.rule[0] == Severity.ERROR

    @property
    def about_any_job(self) -> str:
        """The text without the job's name: the same for all jobs of which it is true."""
        return self.text.replace(f"'{self.path[1]}'", "''") if len(self.path) > 1 else self.text
