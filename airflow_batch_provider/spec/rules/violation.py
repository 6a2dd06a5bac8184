"""What a rule reports; the place is still a path in the data."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_batch_provider.spec.source import Path


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken rule at a path in the spec's data."""

    rule: str
    path: Path
    text: str
    at_key: bool = False
    """Whether the key, not its value, is what is wrong."""
