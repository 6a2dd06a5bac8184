"""``extends``: the files whose content lies under a spec's own."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Any, Final

from airflow_batch_provider.spec.diagnostics import Finding, InvalidSpecError, Position
from airflow_batch_provider.spec.document import Document, read_document
from airflow_batch_provider.spec.language.workflow import merged

FILE_SIZE_MAX: Final = 4 * 1024 * 1024
"""Bytes of one file."""
_EXTENDS: Final = "extends"


class FileReader:
    """
    Reads files with their fragments.

    :param files: everything that was read, in the order of reading.
    """

    def __init__(self) -> None:
        self.files: list[FilePath] = []

    def read(self, path: FilePath, shown_as: str) -> list[Document]:
        """
        Read a file and what it extends; what comes first counts.

        :raises InvalidSpecError: a file cannot be read, or is no YAML or JSON mapping.
        """
        return self.read_text(read_file(path, shown_as), path, shown_as)

    def read_text(
        self, text: str, path: FilePath, shown_as: str, above: tuple[FilePath, ...] = ()
    ) -> list[Document]:
        """Read a text as if it stood in the file ``path``, and what it extends."""
        self.files.append(path)
        document = read_document(text, shown_as)
        documents = [document]
        for place, name in _fragments_of(document):
            fragment = path.parent / name
            way = (*above, path)
            self._refuse_circle(document, place, fragment, way)
            shown = str(FilePath(shown_as).parent / name)
            documents += self.read_text(self._fragment(document, place, fragment), fragment, shown, way)
        return documents

    def _fragment(self, document: Document, place: Position, fragment: FilePath) -> str:
        try:
            return read_file(fragment, str(fragment))
        except InvalidSpecError as error:
            text = f"'{fragment.name}' {error.findings[0].text}; the path is relative to this file"
            raise InvalidSpecError([Finding(document.file, place, "E105", text)]) from None

    def _refuse_circle(
        self, document: Document, place: Position, fragment: FilePath, way: tuple[FilePath, ...]
    ) -> None:
        resolved = [path.resolve() for path in way]
        if fragment.resolve() in resolved:
            circle = [*way[resolved.index(fragment.resolve()) :], fragment]
            text = f"files extend each other: {' → '.join(path.name for path in circle)}"
            raise InvalidSpecError([Finding(document.file, place, "E105", text)])


def combined(documents: list[Document]) -> dict[str, Any]:
    """Lay the documents over each other: mappings key by key, everything else replaced."""
    data: dict[str, Any] = {}
    for document in reversed(documents):
        data = merged(data, document.data)
    return {key: value for key, value in data.items() if key != _EXTENDS and not key.startswith("x-")}


def read_file(path: FilePath, shown_as: str) -> str:
    """
    Read the text of a file.

    :raises InvalidSpecError: it cannot be read, is too large, or is not UTF-8.
    """
    try:
        if (size := path.stat().st_size) > FILE_SIZE_MAX:
            text = f"the file has {size / 1024**2:.1f} MiB; up to {FILE_SIZE_MAX // 1024**2} MiB are read"
            raise InvalidSpecError([Finding(shown_as, Position(1, 1), "E104", text)])
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise _unreadable(shown_as, error.strerror or str(error)) from None
    except UnicodeDecodeError as error:
        raise _unreadable(shown_as, f"it is not UTF-8: {error.reason} at byte {error.start:,}") from None


def _unreadable(file: str, reason: str) -> InvalidSpecError:
    return InvalidSpecError([Finding(file, Position(1, 1), "E101", f"cannot be read: {reason}")])


def _fragments_of(document: Document) -> list[tuple[Position, str]]:
    """List the fragments, the one that counts most first; a later one lies over an earlier one."""
    value = document.data.get(_EXTENDS, [])
    names = value if isinstance(value, list) else [value]
    path = (_EXTENDS,)
    at = document.position(path) or Position(1, 1)
    if not all(isinstance(name, str) for name in names):
        text = "'extends' is the path of a file, or a list of such paths"
        raise InvalidSpecError([Finding(document.file, at, "E105", text)])
    places = [document.position((*path, index)) or at for index in range(len(names))]
    return list(zip(places, names, strict=True))[::-1]
