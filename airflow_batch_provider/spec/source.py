"""The preprocessed data of a spec, with a way back from every value to where the author wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from airflow_batch_provider.spec.diagnostics import Finding, Position
from airflow_batch_provider.spec.document import DataPath, Document

_FULL_FORMS: Final = {"array_size": ("array_properties", "size")}
"""Short forms whose SubmitJob form an author can write instead."""


def full_form(path: DataPath) -> DataPath:
    """Return the path of the SubmitJob form of a value; the same path if it has no other form."""
    return (*path[:-1], *_FULL_FORMS.get(str(path[-1]), path[-1:]))


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a value: its file, position and path as written, such as ``("defaults", "timeout")``."""

    file: str
    position: Position
    path: DataPath

    def finding(self, rule: str, text: str) -> Finding:
        return Finding(self.file, self.position, rule, text)


@dataclass(frozen=True, slots=True)
class Source:
    """
    The merged content of a file and its fragments.

    :param documents: the file first, then its fragments; an earlier document overrides a later one.
    :param origins: for each path that preprocessing created, the path that the author wrote: a job
        of ``for_each``, or a dependency on all jobs of a ``for_each``.
    """

    documents: tuple[Document, ...]
    data: dict[str, Any]
    origins: Mapping[DataPath, DataPath] = field(default_factory=dict)

    @property
    def file(self) -> str:
        return self.documents[0].file

    def written_path(self, path: DataPath) -> DataPath:
        """Return the path that the author wrote for a path in the data, in which jobs include defaults."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.origins:
                path = (*self.origins[path[:length]], *path[length:])
                break
        is_job_value = path[:1] == ("jobs",) and len(path) > 2
        inherited: DataPath = ("defaults", *path[2:])
        return inherited if is_job_value and not self.contains(path) and self.contains(inherited) else path

    def place(self, path: DataPath, *, at_key: bool = False) -> Place:
        """Return the place of the value (or its key) at ``path``, or of the closest value around it."""
        while path:
            written = self.written_path(path)
            for document in self.documents:
                at = document.key_position(written) if at_key else document.position(written)
                if at is not None:
                    return Place(document.file, at, written)
            full = full_form(path)
            path = full if full != path and self.contains(self.written_path(full)) else path[:-1]
        return Place(self.file, Position(1, 1), ())

    def contains(self, path: DataPath) -> bool:
        """Return whether an author wrote a value at ``path``."""
        return any(document.position(path) is not None for document in self.documents)
