"""One file of a spec: its content as plain data, and the position of every value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import yaml
from yaml.constructor import ConstructorError, SafeConstructor
from yaml.reader import ReaderError

from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.names import snake_case
from airflow_batch_provider.spec.diagnostics import Finding, InvalidSpecError, Position
from airflow_batch_provider.spec.yaml_nodes import NESTING_MAX, TOO_DEEP, inspect

DataPath = tuple[str | int, ...]
"""The path of a value in the data: ``("jobs", "clean", "depends_on", 0)``."""

_BRACKETS: Final = re.compile(r"[][{}]")
_DEEP_INDENTATION: Final = re.compile(r"^[ ?-]{1000}", re.MULTILINE)

_START = Position(1, 1)
# JSON escapes a character above U+FFFF as two surrogates (RFC 8259, section 7), which YAML rejects. An odd
# number of backslashes starts an escape, so pairs of them are skipped first.
_SURROGATES: Final = re.compile(r"(?<!\\)((?:\\\\)*)((?:\\u[dD][89abAB]..\\u[dD][c-fC-F]..)+)")


@dataclass(frozen=True, slots=True)
class Document:
    """The data of a file. Positions are computed on demand, because only findings need them."""

    file: str
    data: dict[str, Any]
    root: yaml.MappingNode

    def position(self, path: DataPath) -> Position | None:
        """Return the start of the value at ``path``; None if this file does not contain it."""
        found = self._find(path)
        return _position(found[2].start_mark) if found else None

    def key_position(self, path: DataPath) -> Position | None:
        """Return the position of the key of the value at ``path``; for a list item, that of the item."""
        found = self._find(path)
        return _position(found[1].start_mark) if found else None

    def spelled(self, path: DataPath) -> DataPath | None:
        """Return the path as the author spelled it: ``jobQueue`` for ``job_queue``."""
        found = self._find(path)
        return found[0] if found else None

    def _find(self, path: DataPath) -> tuple[DataPath, yaml.Node, yaml.Node] | None:
        key: yaml.Node = self.root
        node: yaml.Node = self.root
        spelled: list[str | int] = []
        for part in path:
            step = next(_steps(node, part), None)
            if step is None:
                return None
            name, key, node = step
            spelled.append(name)
        return tuple(spelled), key, node


def read_document(text: str, file: str) -> Document:
    """
    Parse YAML, or JSON, which is parsed as YAML.

    :raises InvalidSpecError: the text is not YAML, has a duplicate key, or is not a mapping.
    """
    node = _compose(_json_as_yaml(text) if file.endswith(".json") else text, file)
    if not isinstance(node, yaml.MappingNode):
        what = "the file is empty" if node is None else "the file is not a mapping"
        problem = f"{what}; a workflow is a mapping with the keys 'workflow' and 'jobs'"
        raise InvalidSpecError([Finding(file, _START, "E101", problem)])
    if findings := inspect(node, file):
        raise InvalidSpecError(findings)
    return Document(file, _construct(node, file), node)


def _steps(node: yaml.Node, part: str | int) -> Iterator[tuple[str | int, yaml.Node, yaml.Node]]:
    """Yield the values that a part of a path can mean, with their keys: first the exact key."""
    if isinstance(node, yaml.SequenceNode):
        if isinstance(part, int):
            yield from [(part, item, item) for item in node.value[part : part + 1]]
        else:
            yield from _named_entries(node, part)
    if isinstance(node, yaml.MappingNode):
        # Keys merged with `<<` come first in the node; the mapping's own keys override them.
        pairs = [(key, value) for key, value in reversed(node.value) if isinstance(key, yaml.ScalarNode)]
        yield from ((part, key, value) for key, value in pairs if key.value == str(part))
        own = snake_case(str(part))
        yield from ((key.value, key, value) for key, value in pairs if snake_case(key.value) == own)


def _named_entries(node: yaml.SequenceNode, name: str) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
    """Yield the value of the entry with a name: AWS's form of a mapping such as ``environment``."""
    for entry in node.value:
        if isinstance(entry, yaml.MappingNode):
            members = {key.value: value for key, value in entry.value if isinstance(key, yaml.ScalarNode)}
            named = members.pop("name", None)
            if named is not None and named.value == name:
                yield name, named, next(iter(members.values()), named)


def _json_as_yaml(text: str) -> str:
    """Replace the parts of JSON that are not YAML: tabs between values, and escaped surrogate pairs."""
    return _SURROGATES.sub(
        lambda match: (
            match[1]
            + match[2].encode().decode("unicode-escape").encode("utf-16", "surrogatepass").decode("utf-16")
        ),
        # A JSON string cannot contain a raw tab, so that this changes only the space between values.
        text.replace("\t", " "),
    )


def _loader() -> type[Any]:
    """
    Return PyYAML's libyaml loader.

    libyaml parses a workflow of a thousand jobs in a fraction of a second. PyYAML's pure Python loader
    and ruamel.yaml, which would report line numbers itself, take seconds for each DAG file parse.
    """
    loader: type[Any] | None = getattr(yaml, "CSafeLoader", None)
    if loader is None:
        raise SpecError(
            f"PyYAML {yaml.__version__} is installed without libyaml, which is required to read specs. "
            "Install the wheel: pip install --force-reinstall --only-binary pyyaml pyyaml"
        )
    return loader


def _compose(text: str, file: str) -> yaml.Node | None:
    _check_nesting(text, file)
    try:
        return yaml.compose(text, Loader=_loader())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = Position(mark.line + 1, mark.column + 1) if mark else _START
        problem = ", ".join(part for part in (error.context, error.problem) if part)
        remedy = "; indent with spaces, not tabs" if _is_tab(text, at) else ""
        raise InvalidSpecError([Finding(file, at, "E101", f"invalid YAML: {problem}{remedy}")]) from None
    except ReaderError as error:
        before = text[: text.find(chr(error.character))]
        at = Position(before.count("\n") + 1, len(before) - before.rfind("\n"))
        problem = (
            f"character U+{error.character:04X} is not allowed; "
            "write it as an escape sequence in a double-quoted string"
        )
        raise InvalidSpecError([Finding(file, at, "E101", f"invalid YAML: {problem}")]) from None


def _check_nesting(text: str, file: str) -> None:
    """
    Reject text that would overflow libyaml's stack and crash the process: libyaml has no nesting limit.

    Count the open brackets, and look for very deep indentation. Both checks may count brackets and
    dashes in strings, but no real spec comes near the limits.
    """
    depth = 0
    # Before parsing, because a crash of libyaml cannot be caught.
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
        raise InvalidSpecError([Finding(file, at, "E101", f"invalid YAML: {_problem(error)}")]) from None
    return data


def _problem(error: ConstructorError) -> str:
    problem = str(error.problem)
    if problem == "found unhashable key":
        return "a key cannot be a mapping or a list; put templates such as '{{ params.size }}' in quotes"
    if problem.startswith("could not determine a constructor for the tag"):
        return f"unsupported tag {problem.rpartition('tag ')[2]}; remove it"
    return problem


class _Constructor(SafeConstructor):
    """Report the position of a scalar that looks like a date or number but is not a valid one."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except ValueError as error:
            # PyYAML resolves the type of a scalar by its form, and
            # only then converts it: `2026-13-01` is a timestamp.
            what = "date (YYYY-MM-DD)" if node.tag.endswith(":timestamp") else "number"
            text = f"'{node.value}' is not a valid {what}: {error}; quote it if it is a string"
            raise ConstructorError(None, None, text, node.start_mark) from None


def _position(mark: Any) -> Position:
    return Position(mark.line + 1, mark.column + 1)
