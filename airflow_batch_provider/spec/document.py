"""One file of a spec: its content as plain data, and the position of every value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import yaml
from yaml.constructor import SafeConstructor
from yaml.reader import ReaderError

from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.names import snake_case
from airflow_batch_provider.spec.diagnostics import Finding, InvalidSpecError, Position
from airflow_batch_provider.spec.json_syntax import json_as_yaml, json_problem
from airflow_batch_provider.spec.yaml_errors import explain, explain_character
from airflow_batch_provider.spec.yaml_nodes import (
    NESTING_MAX,
    TOO_DEEP,
    DataPath,
    Inspection,
    inspect,
    position_of,
)

__all__ = ["DataPath", "Document", "read_document"]

_BRACKETS: Final = re.compile(r"[][{}]")
_DEEP_INDENTATION: Final = re.compile(r"^[ ?-]{1000}", re.MULTILINE)
_BYTE_ORDER_MARK: Final = "\ufeff"

_START = Position(1, 1)


@dataclass(frozen=True, slots=True)
class Document:
    """
    The data of a file. Positions are computed on demand, because only findings need them.

    :param text: the content of the file, as YAML.
    :param inspection: what is wrong with the file although it can be read.
    """

    file: str
    data: dict[str, Any]
    root: yaml.MappingNode
    inspection: Inspection
    text: str = ""

    def position(self, path: DataPath) -> Position | None:
        """Return the start of the value at ``path``; None if this file does not contain it."""
        found = self._find(path)
        return position_of(found[2]) if found else None

    def key_position(self, path: DataPath) -> Position | None:
        """Return the position of the key of the value at ``path``; for a list item, that of the item."""
        found = self._find(path)
        return position_of(found[1]) if found else None

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
    Parse YAML, or JSON, which is checked as JSON and then parsed as YAML.

    :raises InvalidSpecError: the text has a syntax error or is not a mapping; nothing else can be checked.
    """
    _check_nesting(text, file)
    if file.endswith(".json") and text.strip():
        if (problem := json_problem(text)) is not None:
            raise InvalidSpecError([Finding(file, problem[0], "E101", f"invalid JSON: {problem[1]}")])
        text = json_as_yaml(text)
    node = _compose(text, file)
    if not isinstance(node, yaml.MappingNode):
        what = "the file is empty" if node is None else "the file is not a mapping"
        explanation = f"{what}; a workflow is a mapping with the keys 'workflow' and 'jobs'"
        raise InvalidSpecError([Finding(file, _START, "E101", explanation)])
    inspection = inspect(node, file)
    data: dict[str, Any] = SafeConstructor().construct_document(node)
    return Document(file, data, node, inspection, text.removeprefix(_BYTE_ORDER_MARK))


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
    loader = _loader()
    try:
        return yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        at, problem = explain(error, text, loader)
    except ReaderError as error:
        at, problem = explain_character(error, text)
    raise InvalidSpecError([Finding(file, at, "E101", f"invalid YAML: {problem}")]) from None


def _check_nesting(text: str, file: str) -> None:
    """
    Reject text that would overflow libyaml's stack and crash the process: libyaml has no nesting limit.

    Count the open brackets, and look for very deep indentation. Both checks may count brackets and
    dashes in strings, but no real spec comes near the limits.
    """
    depth = 0
    # Before parsing, because a crash of libyaml cannot be caught.
    found = _DEEP_INDENTATION.search(text)
    for bracket in _BRACKETS.finditer(text):
        depth = depth + 1 if bracket[0] in "[{" else max(depth - 1, 0)
        if depth > NESTING_MAX:
            found = bracket
            break
    if found is not None:
        before = text[: found.start()]
        at = Position(before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise InvalidSpecError([Finding(file, at, "E101", TOO_DEEP)])
