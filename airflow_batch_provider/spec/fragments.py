"""``extends``: read the fragments that a spec builds on."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from airflow_batch_provider.spec.diagnostics import Finding, InvalidSpecError, Position
from airflow_batch_provider.spec.document import DataPath, Document, read_document
from airflow_batch_provider.spec.language.workflow import merge

FILE_SIZE_MAX: Final = 4 * 1024 * 1024
"""The maximum size of a file, in bytes."""
_EXTENDS: Final = "extends"


class FileReader:
    """
    Reads files and their fragments.

    :param files: all files that were read, in the order in which they were read.
    :param findings: the problems with fragments. Problems with the file itself are raised.
    :param is_complete: whether all fragments could be read.
    """

    def __init__(self) -> None:
        self.files: list[Path] = []
        self.findings: list[Finding] = []
        self.is_complete = True

    def read(self, path: Path, shown_as: str) -> list[Document]:
        """
        Read a file and the fragments that it extends; an earlier document overrides a later one.

        :raises InvalidSpecError: the file cannot be read, or is not a YAML or JSON mapping.
        """
        return self.read_text(read_file(path, shown_as), path, shown_as)

    def read_text(
        self, text: str, path: Path, shown_as: str, ancestors: tuple[Path, ...] = ()
    ) -> list[Document]:
        """Read a text as the content of the file ``path``, and the fragments that it extends."""
        self.files.append(path)
        document = read_document(text, shown_as)
        documents = [document]
        for position, name in self._fragments_of(document):
            shown = str(Path(shown_as).parent / name)
            documents += self._read_fragment(
                document, position, path.parent / name, shown, (*ancestors, path)
            )
        return documents

    def _read_fragment(
        self, document: Document, at: Position, fragment: Path, shown_as: str, chain: tuple[Path, ...]
    ) -> list[Document]:
        resolved = [path.resolve() for path in chain]
        if fragment.resolve() in resolved:
            cycle = [*chain[resolved.index(fragment.resolve()) :], fragment]
            files = " → ".join(path.name for path in cycle)
            text = f"circular 'extends': {files}; remove one of these references"
            self.findings.append(Finding(document.file, at, "E105", text))
            return []
        try:
            content = read_file(fragment, shown_as)
        except InvalidSpecError as error:
            text = f"'{fragment.name}' {error.findings[0].text}; the path is relative to this file"
            self._report_missing([Finding(document.file, at, "E105", text)])
            return []
        try:
            return self.read_text(content, fragment, shown_as, chain)
        except InvalidSpecError as error:
            self._report_missing(error.findings)
            return []

    def _fragments_of(self, document: Document) -> list[tuple[Position, str]]:
        """Return the fragments in order of precedence: in the spec, a later one overrides an earlier one."""
        value = document.data.get(_EXTENDS, [])
        path: DataPath = (_EXTENDS,)
        entries = (
            [((*path, i), name) for i, name in enumerate(value)]
            if isinstance(value, list)
            else [(path, value)]
        )
        fragments = []
        for entry, name in entries:
            at = document.position(entry) or Position(1, 1)
            if isinstance(name, str):
                fragments.append((at, name))
            elif at not in document.inspection.unreadable:
                text = f"'extends' must be the path of a file or a list of paths, not {name!r}"
                self._report_missing([Finding(document.file, at, "E105", text)])
        return fragments[::-1]

    def _report_missing(self, findings: Iterable[Finding]) -> None:
        self.findings += findings
        self.is_complete = False


def merge_documents(documents: list[Document]) -> dict[str, Any]:
    """Merge documents, the first over the others: mappings key by key, other values as a whole."""
    data: dict[str, Any] = {}
    for document in reversed(documents):
        data = merge(data, document.data)
    return {key: value for key, value in data.items() if key != _EXTENDS and not key.startswith("x-")}


def read_file(path: Path, shown_as: str) -> str:
    """
    Return the text of a file.

    :raises InvalidSpecError: the file cannot be read, is too large, or is not UTF-8.
    """
    try:
        if (size := path.stat().st_size) > FILE_SIZE_MAX:
            text = f"the file has {size / 1024**2:.1f} MiB; the limit is {FILE_SIZE_MAX // 1024**2} MiB"
            raise InvalidSpecError([Finding(shown_as, None, "E104", text)])
        content = path.read_bytes()
    except IsADirectoryError:
        raise _unreadable(shown_as, None, "it is a folder, not a file") from None
    except OSError as error:
        raise _unreadable(shown_as, None, error.strerror or str(error)) from None
    try:
        # As in text mode, all line ends become "\n".
        return content.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        at = Position(before.count("\n") + 1, len(before) - before.rfind("\n"))
        reason = f"not valid UTF-8 ({error.reason} at byte {error.start:,})"
        raise _unreadable(shown_as, at, reason) from None


def _unreadable(file: str, at: Position | None, reason: str) -> InvalidSpecError:
    return InvalidSpecError([Finding(file, at, "E101", f"cannot be read: {reason}")])
