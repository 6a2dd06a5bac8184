"""``extends``: read the fragments that a spec builds on."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from airflow_batch_provider.spec.diagnostics import Finding, InvalidSpecError, Position
from airflow_batch_provider.spec.document import Document, read_document
from airflow_batch_provider.spec.language.aws_names import in_own_names
from airflow_batch_provider.spec.language.workflow import Workflow, merge

FILE_SIZE_MAX: Final = 4 * 1024 * 1024
"""The maximum size of a file, in bytes."""
_EXTENDS: Final = "extends"


class FileReader:
    """
    Reads files and their fragments.

    :param files: all files that were read, in the order in which they were read.
    """

    def __init__(self) -> None:
        self.files: list[Path] = []

    def read(self, path: Path, shown_as: str) -> list[Document]:
        """
        Read a file and the fragments that it extends; an earlier document overrides a later one.

        :raises InvalidSpecError: a file cannot be read, or is not a YAML or JSON mapping.
        """
        return self.read_text(read_file(path, shown_as), path, shown_as)

    def read_text(
        self, text: str, path: Path, shown_as: str, ancestors: tuple[Path, ...] = ()
    ) -> list[Document]:
        """Read a text as the content of the file ``path``, and the fragments that it extends."""
        self.files.append(path)
        document = read_document(text, shown_as)
        documents = [document]
        for position, name in _fragments_of(document):
            fragment = path.parent / name
            chain = (*ancestors, path)
            self._check_for_cycle(document, position, fragment, chain)
            shown = str(Path(shown_as).parent / name)
            documents += self.read_text(
                self._read_fragment(document, position, fragment), fragment, shown, chain
            )
        return documents

    def _read_fragment(self, document: Document, position: Position, fragment: Path) -> str:
        try:
            return read_file(fragment, str(fragment))
        except InvalidSpecError as error:
            text = f"'{fragment.name}' {error.findings[0].text}; the path is relative to this file"
            raise InvalidSpecError([Finding(document.file, position, "E105", text)]) from None

    def _check_for_cycle(
        self, document: Document, position: Position, fragment: Path, chain: tuple[Path, ...]
    ) -> None:
        resolved = [path.resolve() for path in chain]
        if fragment.resolve() in resolved:
            cycle = [*chain[resolved.index(fragment.resolve()) :], fragment]
            files = " → ".join(path.name for path in cycle)
            text = f"circular 'extends': {files}; remove one of these references"
            raise InvalidSpecError([Finding(document.file, position, "E105", text)])


def merge_documents(documents: list[Document]) -> dict[str, Any]:
    """Merge documents, the first over the others: mappings key by key, other values as a whole."""
    data: dict[str, Any] = {}
    for document in reversed(documents):
        data = merge(data, in_own_names(Workflow, document.data))
    return {key: value for key, value in data.items() if key != _EXTENDS and not key.startswith("x-")}


def read_file(path: Path, shown_as: str) -> str:
    """
    Return the text of a file.

    :raises InvalidSpecError: the file cannot be read, is too large, or is not UTF-8.
    """
    try:
        if (size := path.stat().st_size) > FILE_SIZE_MAX:
            text = f"the file has {size / 1024**2:.1f} MiB; the limit is {FILE_SIZE_MAX // 1024**2} MiB"
            raise InvalidSpecError([Finding(shown_as, Position(1, 1), "E104", text)])
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise _unreadable(shown_as, error.strerror or str(error)) from None
    except UnicodeDecodeError as error:
        raise _unreadable(shown_as, f"not valid UTF-8 ({error.reason} at byte {error.start:,})") from None


def _unreadable(file: str, reason: str) -> InvalidSpecError:
    return InvalidSpecError([Finding(file, Position(1, 1), "E101", f"cannot be read: {reason}")])


def _fragments_of(document: Document) -> list[tuple[Position, str]]:
    """Return the fragments in order of precedence: in the spec, a later one overrides an earlier one."""
    value = document.data.get(_EXTENDS, [])
    names = value if isinstance(value, list) else [value]
    path = (_EXTENDS,)
    at = document.position(path) or Position(1, 1)
    if not all(isinstance(name, str) for name in names):
        text = "'extends' must be the path of a file or a list of paths"
        raise InvalidSpecError([Finding(document.file, at, "E105", text)])
    positions = [document.position((*path, index)) or at for index in range(len(names))]
    return list(zip(positions, names, strict=True))[::-1]
