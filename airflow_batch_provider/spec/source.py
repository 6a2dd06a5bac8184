"""The text of a spec as plain data, together with the place of every value in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml
from yaml.constructor import ConstructorError, SafeConstructor
from yaml.reader import ReaderError

from airflow_batch_provider.spec.diagnostics import Finding, InvalidSpecError, Position

Path = tuple[str | int, ...]
"""Where a value stands in the data: ``("jobs", "clean", "depends_on", 0)``."""

_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_START = Position(1, 1)

_TAG: Final = "tag:yaml.org,2002:"
_JOB_KEYS: Final = frozenset({"jobs", "defaults"})
_PLAIN_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.(?:0|[0-9]*[1-9]))?")
_SURROGATES: Final = re.compile(r"(?<!\\)((?:\\\\)*)((?:\\u[dD][89abAB]..\\u[dD][c-fC-F]..)+)")


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
    node = _compose(_json_as_yaml(text) if file.endswith(".json") else text, file)
    if not isinstance(node, yaml.MappingNode):
        text = "a workflow is a mapping with the keys 'workflow' and 'jobs'; this is not a mapping"
        raise InvalidSpecError([Finding(file, _START, "E101", text)])
    repeated = [
        Finding(file, at, "E102", f"key '{key}' stands here a second time; YAML would silently keep only one")
        for key, at in _repeated_keys(node, set())
    ]
    if repeated:
        raise InvalidSpecError(repeated)
    _keep_texts(node, set())
    data = _construct(node, file)
    places = _Places(file, {}, {})
    places.add(node, (), frozenset())
    return Source(file, data, places.keys, places.values)


def _json_as_yaml(text: str) -> str:
    """Replace the little of JSON that is not YAML: tabs between values, characters escaped as two halves."""
    return _SURROGATES.sub(
        lambda match: (
            match[1]
            + match[2].encode().decode("unicode-escape").encode("utf-16", "surrogatepass").decode("utf-16")
        ),
        text.replace("\t", " "),
    )


def _compose(text: str, file: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = Position(mark.line + 1, mark.column + 1) if mark else _START
        problem = " ".join(part for part in (error.context, error.problem) if part)
        raise InvalidSpecError([Finding(file, at, "E101", f"not readable as YAML: {problem}")]) from None
    except ReaderError as error:
        before = text[: text.find(chr(error.character))]
        at = Position(before.count("\n") + 1, len(before) - before.rfind("\n"))
        problem = f"character U+{error.character:04X} is not allowed; write it as an escape in quotes"
        raise InvalidSpecError([Finding(file, at, "E101", f"not readable as YAML: {problem}")]) from None


def _keep_texts(node: yaml.Node, seen: set[tuple[int, bool | None]], *, is_job: bool | None = None) -> None:
    """
    Keep as written what YAML would turn into something else.

    A key is a name, though YAML takes ``on`` and ``NO`` for truth values. In jobs, dates and
    unusual numbers are texts: a command's ``0777``, ``12:30`` and ``1.10`` must not become 511,
    750 and 1.1.

    :param is_job: whether the node belongs to a job; None for the whole document.
    """
    if (id(node), is_job) in seen:
        return
    seen.add((id(node), is_job))
    if isinstance(node, yaml.ScalarNode) and is_job:
        is_number = node.tag in (f"{_TAG}int", f"{_TAG}float")
        if node.tag == f"{_TAG}timestamp" or (is_number and not _PLAIN_NUMBER.fullmatch(node.value)):
            node.tag = f"{_TAG}str"
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _keep_texts(item, seen, is_job=is_job)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != f"{_TAG}merge":
                key.tag = f"{_TAG}str"
            _keep_texts(value, seen, is_job=_is_named(key, _JOB_KEYS) if is_job is None else is_job)


def _is_named(key: yaml.Node, names: frozenset[str]) -> bool:
    return isinstance(key, yaml.ScalarNode) and key.value in names


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


class _Constructor(SafeConstructor):
    """Names the place of a value that looks like a date or number and is none."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except ValueError as error:
            text = f"'{node.value}' is not what it looks like: {error}; write it in quotes if it is a text"
            raise ConstructorError(None, None, text, node.start_mark) from None


@dataclass(frozen=True, slots=True)
class _Places:
    file: str
    keys: dict[Path, Position]
    values: dict[Path, Position]

    def add(self, node: yaml.Node, path: Path, above: frozenset[int]) -> None:
        """Note where a node and all within it stand; ``above`` are the nodes that contain it."""
        at = self.values[path] = _position(node.start_mark)
        if id(node) in above:
            text = f"the alias at '{'.'.join(map(str, path))}' stands for a value that contains it"
            raise InvalidSpecError([Finding(self.file, self.keys.get(path, at), "E101", text)])
        above |= {id(node)}
        if isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self.keys[(*path, index)] = _position(item.start_mark)
                self.add(item, (*path, index), above)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                self.keys[(*path, key.value)] = _position(key.start_mark)
                self.add(value, (*path, key.value), above)


def _position(mark: Any) -> Position:
    return Position(mark.line + 1, mark.column + 1)
