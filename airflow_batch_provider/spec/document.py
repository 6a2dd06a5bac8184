"""One file of a spec: its text as plain data, and the place of every value in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import yaml
from yaml.constructor import ConstructorError, SafeConstructor
from yaml.reader import ReaderError

from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.spec.diagnostics import Finding, InvalidSpecError, Position
from airflow_batch_provider.spec.yaml_nodes import NESTING_MAX, TOO_DEEP, inspect

Path = tuple[str | int, ...]
"""Where a value stands in the data: ``("jobs", "clean", "depends_on", 0)``."""

_BRACKETS: Final = re.compile(r"[][{}]")
_DEEP_INDENTATION: Final = re.compile(r"^[ ?-]{1000}", re.MULTILINE)

_START = Position(1, 1)
_SURROGATES: Final = re.compile(r"(?<!\\)((?:\\\\)*)((?:\\u[dD][89abAB]..\\u[dD][c-fC-F]..)+)")


@dataclass(frozen=True, slots=True)
class Document:
    """A file's data; its places are looked up only when something is wrong with them."""

    file: str
    data: dict[str, Any]
    root: yaml.MappingNode

    def position(self, path: Path) -> Position | None:
        """Find where the value at ``path`` begins; None if it is not written in this file."""
        found = self._find(path)
        return _position(found[1].start_mark) if found else None

    def key_position(self, path: Path) -> Position | None:
        """Find the key of the value at ``path``; for an item of a list, the item itself."""
        found = self._find(path)
        return _position(found[0].start_mark) if found else None

    def _find(self, path: Path) -> tuple[yaml.Node, yaml.Node] | None:
        key: yaml.Node = self.root
        node: yaml.Node = self.root
        for part in path:
            step = next(_steps(node, part), None)
            if step is None:
                return None
            key, node = step
        return key, node


def read_document(text: str, file: str) -> Document:
    """
    Read YAML, or JSON, which is read as the YAML that it is.

    :raises InvalidSpecError: the text is not YAML, repeats a key, or is not a mapping.
    """
    node = _compose(_json_as_yaml(text) if file.endswith(".json") else text, file)
    if not isinstance(node, yaml.MappingNode):
        problem = "a workflow is a mapping with the keys 'workflow' and 'jobs'; this is not a mapping"
        raise InvalidSpecError([Finding(file, _START, "E101", problem)])
    if findings := inspect(node, file):
        raise InvalidSpecError(findings)
    return Document(file, _construct(node, file), node)


def _steps(node: yaml.Node, part: str | int) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int):
        yield from [(item, item) for item in node.value[part : part + 1]]
    if isinstance(node, yaml.MappingNode):
        # What `<<` has merged stands in front of what is written here, and counts less.
        yield from (pair for pair in reversed(node.value) if pair[0].value == str(part))


def _json_as_yaml(text: str) -> str:
    """Replace the little of JSON that is not YAML: tabs between values, characters escaped as two halves."""
    return _SURROGATES.sub(
        lambda match: (
            match[1]
            + match[2].encode().decode("unicode-escape").encode("utf-16", "surrogatepass").decode("utf-16")
        ),
        text.replace("\t", " "),
    )


def _loader() -> type[Any]:
    """Take libyaml's: without it a workflow of a thousand jobs takes seconds instead of a fraction of one."""
    loader: type[Any] | None = getattr(yaml, "CSafeLoader", None)
    if loader is None:
        raise SpecError(
            f"PyYAML {yaml.__version__} is installed without libyaml, which reading specs needs; "
            "take its wheel: pip install --force-reinstall --only-binary pyyaml pyyaml"
        )
    return loader


def _compose(text: str, file: str) -> yaml.Node | None:
    _refuse_deep_nesting(text, file)
    try:
        return yaml.compose(text, Loader=_loader())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = Position(mark.line + 1, mark.column + 1) if mark else _START
        problem = " ".join(part for part in (error.context, error.problem) if part)
        hint = "; this is a tab: indent with spaces" if _is_tab(text, at) else ""
        raise InvalidSpecError(
            [Finding(file, at, "E101", f"not readable as YAML: {problem}{hint}")]
        ) from None
    except ReaderError as error:
        before = text[: text.find(chr(error.character))]
        at = Position(before.count("\n") + 1, len(before) - before.rfind("\n"))
        problem = f"character U+{error.character:04X} is not allowed; write it as an escape in quotes"
        raise InvalidSpecError([Finding(file, at, "E101", f"not readable as YAML: {problem}")]) from None


def _refuse_deep_nesting(text: str, file: str) -> None:
    """Keep from libyaml what would overflow its stack and end the process: it knows no limit."""
    depth = 0
    for bracket in _BRACKETS.finditer(text):
        depth = depth + 1 if bracket[0] in "[{" else max(depth - 1, 0)
        if depth > NESTING_MAX:
            break
    else:
        if not _DEEP_INDENTATION.search(text):
            return
    raise InvalidSpecError([Finding(file, _START, "E101", TOO_DEEP)])


def _is_tab(text: str, at: Position) -> bool:
    line = text.splitlines()[at.line - 1 : at.line]
    return bool(line) and line[0][at.column - 1 : at.column] == "\t"


def _construct(node: yaml.MappingNode, file: str) -> dict[str, Any]:
    try:
        data: dict[str, Any] = _Constructor().construct_document(node)
    except ConstructorError as error:
        at = _position(error.problem_mark) if error.problem_mark else _START
        is_template = error.problem == "found unhashable key"
        hint = "; a template such as '{{ params.size }}' must stand in quotes" if is_template else ""
        text = f"not readable as YAML: {error.problem}{hint}"
        raise InvalidSpecError([Finding(file, at, "E101", text)]) from None
    return data


class _Constructor(SafeConstructor):
    """Names the place of a value that looks like a date or number and is none."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except ValueError as error:
            text = f"'{node.value}' is not what it looks like: {error}; write it in quotes if it is a text"
            raise ConstructorError(None, None, text, node.start_mark) from None


def _position(mark: Any) -> Position:
    return Position(mark.line + 1, mark.column + 1)
