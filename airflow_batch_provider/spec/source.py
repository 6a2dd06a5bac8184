"""The text of a spec as plain data, together with the place of every value in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.constructor import ConstructorError, SafeConstructor

from airflow_batch_provider.spec.diagnostics import Finding, InvalidSpecError, Position

Path = tuple[str | int, ...]
"""Where a value stands in the data: ``("jobs", "clean", "depends_on", 0)``."""

_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_START = Position(1, 1)


@dataclass(frozen=True, slots=True)
class Source:
    """A spec's data and the positions of its keys and values."""

    file: str
    data: dict[str, Any]
    keys: Mapping[Path, Position]
    """Where the key of a value stands; for an item of a list, the item itself."""
    values: Mapping[Path, Position]

    def position(self, path: Path) -> Position:
        """Find the value at ``path``, or the nearest thing that encloses it."""
        return self._nearest(self.values, path)

    def key_position(self, path: Path) -> Position:
        """Find the key at ``path``, or the nearest thing that encloses it."""
        return self._nearest(self.keys, path)

    def _nearest(self, positions: Mapping[Path, Position], path: Path) -> Position:
        while path and path not in positions:
            inherited: Path = ("defaults", *path[2:])  # what a job took over from the defaults stands there
            is_job_value = path[0] == "jobs" and len(path) > 2
            path = inherited if is_job_value and inherited in positions else path[:-1]
        return positions.get(path, _START)


def read_source(text: str, file: str) -> Source:
    """
    Read YAML, or JSON, which is read as the YAML that it is.

    :raises InvalidSpecError: the text is not YAML, repeats a key, or is not a mapping.
    """
    node = _compose(text.replace("\t", " ") if file.endswith(".json") else text, file)
    if not isinstance(node, yaml.MappingNode):
        text = "a workflow is a mapping with the keys 'workflow' and 'jobs'; this is not a mapping"
        raise InvalidSpecError([Finding(file, _START, "E101", text)])
    repeated = [
        Finding(file, at, "E102", f"key '{key}' stands here a second time; YAML would silently keep only one")
        for key, at in _repeated_keys(node, set())
    ]
    if repeated:
        raise InvalidSpecError(repeated)
    keys: dict[Path, Position] = {}
    values: dict[Path, Position] = {}
    data = _construct(node, file)
    _locate(node, (), keys, values)
    return Source(file, data, keys, values)


def _compose(text: str, file: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = Position(mark.line + 1, mark.column + 1) if mark else _START
        problem = " ".join(part for part in (error.context, error.problem) if part)
        raise InvalidSpecError([Finding(file, at, "E101", f"not readable as YAML: {problem}")]) from None
    except yaml.YAMLError as error:
        raise InvalidSpecError([Finding(file, _START, "E101", f"not readable as YAML: {error}")]) from None


def _construct(node: yaml.MappingNode, file: str) -> dict[str, Any]:
    try:
        data: dict[str, Any] = SafeConstructor().construct_document(node)
    except ConstructorError as error:
        at = _position(error.problem_mark) if error.problem_mark else _START
        raise InvalidSpecError(
            [Finding(file, at, "E101", f"not readable as YAML: {error.problem}")]
        ) from None
    except ValueError as error:
        raise InvalidSpecError([Finding(file, _START, "E101", f"not readable as YAML: {error}")]) from None
    return data


def _repeated_keys(node: yaml.Node, seen: set[int]) -> Iterator[tuple[str, Position]]:
    if id(node) in seen:  # an alias stands for a node that was looked at where it was written
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _repeated_keys(item, seen)
    if isinstance(node, yaml.MappingNode):
        known: set[str] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in known:
                yield key.value, _position(key.start_mark)
            if isinstance(key, yaml.ScalarNode):
                known.add(key.value)
            yield from _repeated_keys(value, seen)


def _locate(node: yaml.Node, path: Path, keys: dict[Path, Position], values: dict[Path, Position]) -> None:
    values[path] = _position(node.start_mark)
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            keys[(*path, index)] = _position(item.start_mark)
            _locate(item, (*path, index), keys, values)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            keys[(*path, key.value)] = _position(key.start_mark)
            _locate(value, (*path, key.value), keys, values)


def _position(mark: Any) -> Position:
    return Position(mark.line + 1, mark.column + 1)
