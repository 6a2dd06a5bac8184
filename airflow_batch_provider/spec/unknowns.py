"""What is unknown about a spec with errors: a finding that only follows from it is not reported."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from airflow_batch_provider.spec.diagnostics import Finding, Position
from airflow_batch_provider.spec.document import DataPath, Document


@dataclass(slots=True)
class Unknowns:
    """
    The parts of a spec whose values are unknown because of errors that are reported.

    All paths are as the author wrote them.

    :param values: the paths of values that are invalid or cannot be resolved.
    :param keys: the paths at which a value may be missing only because of an error: the key that a
        misspelled key probably means, or the contents of the first of two duplicate keys.
    :param unreadable: where values are that could not be read, by file.
    :param unexpanded: the keys of jobs with ``for_each`` or ``matrix`` that could not be expanded.
    :param is_complete: whether all fragments could be read.
    """

    values: set[DataPath] = field(default_factory=set)
    keys: set[DataPath] = field(default_factory=set)
    unreadable: dict[str, set[Position]] = field(default_factory=dict)
    unexpanded: set[str] = field(default_factory=set)
    is_complete: bool = True

    @classmethod
    def of_documents(cls, documents: Iterable[Document], *, is_complete: bool) -> Unknowns:
        """Return what is unknown after reading."""
        unknowns = cls(is_complete=is_complete)
        for document in documents:
            unknowns.unreadable.setdefault(document.file, set()).update(document.inspection.unreadable)
            unknowns.keys |= document.inspection.repeated
        return unknowns

    def is_unreadable(self, finding: Finding) -> bool:
        """Return whether a finding is at a value that could not be read."""
        return finding.position in self.unreadable.get(finding.file, ())

    def contain(self, path: DataPath) -> bool:
        """Return whether the value at ``path`` is unknown, or part of an unknown value."""
        return any(path[:length] in self.values for length in range(1, len(path) + 1))

    def may_contain(self, path: DataPath) -> bool:
        """Return whether there may be a value at ``path``, at which none was found."""
        if not self.is_complete or self._may_be_expanded(path):
            return True
        inherited: DataPath = ("defaults", *path[2:])
        paths = (path, inherited) if path[:1] == ("jobs",) and len(path) > 2 else (path,)
        return any(_overlap(known, each) for known in self.values | self.keys for each in paths)

    def has_part_of(self, path: DataPath) -> bool:
        """Return whether a part of the value at ``path`` is unknown."""
        return any(known[: len(path)] == path for known in self.values | self.keys)

    def are_within(self, path: DataPath) -> bool:
        """Return whether the value at ``path``, with the defaults of a job, contains anything unknown."""
        parts = (path, ("defaults",)) if path[:1] == ("jobs",) else (path,)
        return not self.is_complete or any(
            _overlap(known, each) for known in self.values | self.keys for each in parts
        )

    def _may_be_expanded(self, path: DataPath) -> bool:
        if len(path) < 2 or path[0] != "jobs":
            return False
        return any(str(path[1]).startswith(f"{key}_") for key in self.unexpanded)


def _overlap(one: DataPath, other: DataPath) -> bool:
    length = min(len(one), len(other))
    return one[:length] == other[:length]
