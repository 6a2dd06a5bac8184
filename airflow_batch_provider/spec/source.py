"""A spec as its author means it, with the way back from every value to the place where it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from airflow_batch_provider.spec.diagnostics import Finding, Position
from airflow_batch_provider.spec.document import Document, Path

_FULL_FORMS: Final = {"array_size": ("array_properties", "size")}
"""Members that may also be written in SubmitJob's form."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands, and as what: ``path`` is the author's, ``("defaults", "timeout")``."""

    file: str
    position: Position
    path: Path

    def finding(self, rule: str, text: str) -> Finding:
        return Finding(self.file, self.position, rule, text)


@dataclass(frozen=True, slots=True)
class Source:
    """
    What a file and its fragments say together.

    :param documents: the file first, then its fragments; what stands in an earlier one counts.
    :param origins: where what was made of something else stands: a job of ``for_each``, a
        dependency on all jobs of one.
    """

    documents: tuple[Document, ...]
    data: dict[str, Any]
    origins: Mapping[Path, Path] = field(default_factory=dict)

    @property
    def file(self) -> str:
        return self.documents[0].file

    def written(self, path: Path) -> Path:
        """Lead a path in the data, defaults merged into jobs, back to what the author wrote."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.origins:
                path = (*self.origins[path[:length]], *path[length:])
                break
        is_job_value = path[:1] == ("jobs",) and len(path) > 2
        inherited: Path = ("defaults", *path[2:])
        return inherited if is_job_value and not self._holds(path) and self._holds(inherited) else path

    def place(self, path: Path, *, at_key: bool = False) -> Place:
        """Find the value (or its key) at ``path``, or the nearest thing that encloses it."""
        while path:
            written = self.written(path)
            for document in self.documents:
                at = document.key_position(written) if at_key else document.position(written)
                if at is not None:
                    return Place(document.file, at, written)
            full: Path = (*path[:-1], *_FULL_FORMS.get(str(path[-1]), ()))
            path = full if path[-1] in _FULL_FORMS and self._holds(self.written(full)) else path[:-1]
        return Place(self.file, Position(1, 1), ())

    def _holds(self, path: Path) -> bool:
        return any(document.position(path) is not None for document in self.documents)
