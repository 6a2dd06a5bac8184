"""Inspect YAML nodes before they are constructed as values, and repair what could not be constructed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

import yaml
from yaml.constructor import SafeConstructor

from airflow_batch_provider.spec.diagnostics import Finding, InvalidSpecError, Position

VALUES_MAX: Final = 500_000
"""The maximum number of values in a file, counting a value again for each alias that repeats it."""

NESTING_MAX: Final = 100
TOO_DEEP: Final = f"values are nested too deeply; the limit is {NESTING_MAX} levels"

DataPath = tuple[str | int, ...]
"""The path of a value in the data: ``("jobs", "clean", "depends_on", 0)``."""

_TAG: Final = "tag:yaml.org,2002:"
_STRING: Final = f"{_TAG}str"
_MERGE: Final = f"{_TAG}merge"
_NUMBERS: Final = frozenset({f"{_TAG}int", f"{_TAG}float"})
_PLAIN_TAGS: Final = frozenset({_STRING, f"{_TAG}null"})
_WORDS: Final = frozenset({_MERGE, f"{_TAG}value"})
"""The tags that YAML 1.1 gives to the words ``<<`` and ``=``, which are strings as values."""
_CONSTRUCTORS: Final[dict[str, Any]] = {
    f"{_TAG}bool": SafeConstructor.construct_yaml_bool,
    f"{_TAG}int": SafeConstructor.construct_yaml_int,
    f"{_TAG}float": SafeConstructor.construct_yaml_float,
    f"{_TAG}timestamp": SafeConstructor.construct_yaml_timestamp,
}
_KEYS_WITH_STRINGS: Final = frozenset({"jobs", "defaults", "resources", "tasks", "variables", "backfill"})
"""The top-level keys below which unusual numbers and dates stay strings."""
_QUOTES: Final = ("'", '"')
_PLAIN_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.(?:0|[0-9]*[1-9]))?")


@dataclass(slots=True)
class Inspection:
    """
    The result of an inspection.

    :param findings: what is wrong with the nodes.
    :param unreadable: where the values are that were replaced, because they cannot be constructed.
    :param repeated: the paths of duplicate keys; only the last value of each is used.
    """

    findings: list[Finding] = field(default_factory=list)
    unreadable: set[Position] = field(default_factory=set)
    repeated: set[DataPath] = field(default_factory=set)


def inspect(root: yaml.MappingNode, file: str) -> Inspection:
    """
    Find duplicate keys and values that cannot be constructed, and repair the nodes.

    Keep as strings what YAML would convert to another type: keys are always strings, although YAML
    reads ``on`` and ``NO`` as booleans. In jobs, dates and unusual numbers stay strings: in a command,
    ``0777``, ``12:30`` and ``1.10`` must not become 511, 750 and 1.1.

    :raises InvalidSpecError: the values are nested too deeply, or the aliases expand to more than
        ``VALUES_MAX`` values.
    """
    inspector = _Inspector(file)
    inspector.check_tag(root)
    size = inspector.mapping(root, is_job=None)
    if size > VALUES_MAX:
        text = f"the file expands to {size:,} values, aliases included; the limit is {VALUES_MAX:,}"
        raise InvalidSpecError([Finding(file, None, "E103", text)])
    return inspector.result


def position_of(node: yaml.Node) -> Position:
    """Return the start of a node."""
    return Position(node.start_mark.line + 1, node.start_mark.column + 1)


class _Inspector:
    """
    Visits each node once per context and remembers its size.

    Aliases can make a file of a few lines expand to billions of values ("billion laughs"). The size
    of an aliased node is therefore counted from the remembered size, never by visiting it again.
    """

    def __init__(self, file: str) -> None:
        self.result = Inspection()
        self._file = file
        self._is_json = file.endswith(".json")
        self._sizes: dict[tuple[int, bool | None], int] = {}
        self._visited: set[int] = set()
        self._ancestors: list[tuple[yaml.Node, str | int]] = []
        self._constructor = SafeConstructor()

    def mapping(self, node: yaml.MappingNode, *, is_job: bool | None) -> int:
        """Inspect a mapping and count its values; ``is_job`` is None for the whole document."""
        size = 1
        if id(node) not in self._visited:  # an alias visits a mapping again
            self._visited.add(id(node))
            node.value, replaced = self._distinct_pairs(node, merge_sections=is_job is None)
            size += sum(self._value(value, name, node, bool(is_job)) for name, value in replaced)
        for index, (key, value) in enumerate(node.value):
            name = key.value
            # Below the top level, the context of the top-level key applies.
            inside = name in _KEYS_WITH_STRINGS if is_job is None else is_job
            readable = self._readable(value, key, [*self._ancestors, (node, name)])
            node.value[index] = (key, readable)
            size += self._value(readable, name, node, inside)
        # A mapping that is merged into itself was replaced just now.
        node.value = [pair for pair in node.value if pair[0].tag != _MERGE or _is_mergeable(pair[1])]
        return size

    def check_tag(self, node: yaml.Node) -> None:
        """Report the tag of a mapping or list that has one, and remove it."""
        plain = f"{_TAG}map" if isinstance(node, yaml.MappingNode) else f"{_TAG}seq"
        if node.tag != plain:
            self._report_tag(node)
            node.tag = plain

    def _distinct_pairs(
        self, node: yaml.MappingNode, *, merge_sections: bool
    ) -> tuple[list[tuple[yaml.Node, yaml.Node]], list[tuple[str, yaml.Node]]]:
        """Return the pairs of a mapping, with distinct string keys, and the values that were replaced."""
        pairs: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        replaced = []
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                text = "invalid YAML: a key cannot be a mapping or a list; put templates in quotes"
                self._report(key, "E101", text)
                continue
            self._check_characters(key)
            if key.tag != _MERGE:
                key.tag = _STRING
            elif not _is_mergeable(value):
                self._report(value, "E101", "invalid YAML: '<<' requires a mapping, or a list of mappings")
                continue
            first = pairs.pop(key.value, None)
            if first is not None:
                line = first[0].start_mark.line + 1
                self._report(key, "E102", f"duplicate key '{key.value}' (first defined on line {line})")
                replaced.append((key.value, first[1]))
                value = self._last(key, first[1], value, merge=merge_sections)
            pairs[key.value] = (key, value)
        return list(pairs.values()), replaced

    def _last(self, key: yaml.ScalarNode, first: yaml.Node, last: yaml.Node, *, merge: bool) -> yaml.Node:
        """Return the last value of a duplicate key; a section that is written twice has the keys of both."""
        if not (merge and isinstance(first, yaml.MappingNode) and isinstance(last, yaml.MappingNode)):
            self.result.repeated.add((*(part for _, part in self._ancestors), key.value))
            return last
        overridden = {_name(pair) for pair in last.value}
        pairs = [pair for pair in first.value if _name(pair) not in overridden]
        return yaml.MappingNode(last.tag, [*pairs, *last.value], last.start_mark, last.end_mark)

    def _value(self, value: yaml.Node, part: str | int, parent: yaml.Node, is_job: bool) -> int:
        if isinstance(value, yaml.ScalarNode):
            self._scalar(value, is_job)
            return 1
        visit = (id(value), is_job)
        if visit not in self._sizes:
            self._ancestors.append((parent, part))
            if len(self._ancestors) > NESTING_MAX:
                raise InvalidSpecError([Finding(self._file, position_of(value), "E101", TOO_DEEP)])
            if isinstance(value, yaml.MappingNode):
                self._sizes[visit] = self.mapping(value, is_job=is_job)
            else:
                self._sizes[visit] = self._sequence(value, is_job)
            self._ancestors.pop()
        return self._sizes[visit]

    def _sequence(self, node: yaml.Node, is_job: bool) -> int:
        size = 1
        for index, item in enumerate(node.value):
            node.value[index] = self._readable(item, item, [*self._ancestors, (node, index)])
            size += self._value(node.value[index], index, node, is_job)
        return size

    def _readable(
        self, value: yaml.Node, at: yaml.Node, ancestors: list[tuple[yaml.Node, str | int]]
    ) -> yaml.Node:
        """Return the value, or a string in its place if it cannot be constructed."""
        if isinstance(value, yaml.ScalarNode):
            return value
        if any(node is value for node, _ in ancestors):
            path = ".".join(str(part) for _, part in ancestors)
            text = f"the alias at '{path}' refers to a value that contains it; remove the alias"
            return self._unreadable(at, text, at.value if isinstance(at.value, str) else "")
        if (template := _unquoted_template(value)) is not None:
            text = f'invalid YAML: a template must be in quotes: "{template}"'
            return self._unreadable(value, text, template)
        self.check_tag(value)
        return value

    def _unreadable(self, at: yaml.Node, text: str, content: str) -> yaml.Node:
        self._report(at, "E101", text)
        self.result.unreadable.add(position_of(at))
        return yaml.ScalarNode(_STRING, content, at.start_mark, at.end_mark)

    def _check_characters(self, node: yaml.ScalarNode) -> None:
        if "\0" in node.value:
            text = "a string contains the character U+0000, which Airflow's database cannot store; remove it"
            self._report(node, "E109", text)

    def _scalar(self, node: yaml.ScalarNode, is_job: bool) -> None:
        self._check_characters(node)
        is_unusual_number = node.tag in _NUMBERS and not _PLAIN_NUMBER.fullmatch(node.value)
        if node.tag in _WORDS or (is_job and (is_unusual_number or node.tag == f"{_TAG}timestamp")):
            node.tag = _STRING
        elif self._is_json and not is_job and node.tag == _STRING and node.style not in _QUOTES:
            node.tag = f"{_TAG}float"  # JSON's `1e5`, which YAML 1.1 reads as a string
        if node.tag in _PLAIN_TAGS:
            return
        construct = _CONSTRUCTORS.get(node.tag)
        if construct is None:
            self._report_tag(node)
            node.tag = _STRING
            return
        try:
            construct(self._constructor, node)
        except (ValueError, KeyError, AttributeError) as error:
            # PyYAML resolves the type of a scalar by its form, and
            # only then converts it: `2026-13-01` is a timestamp.
            reason = f": {error}" if isinstance(error, ValueError) else ""
            kind = _kind(node.tag)
            text = f"'{node.value}' is not a valid {kind}{reason}; put it in quotes if it is a string"
            self._report(node, "E108", text)
            self.result.unreadable.add(position_of(node))
            node.tag = _STRING

    def _report_tag(self, node: yaml.Node) -> None:
        tag = node.tag.replace(_TAG, "!!")
        self._report(node, "E101", f"invalid YAML: unsupported tag '{tag}'; remove it")

    def _report(self, node: yaml.Node, rule: str, text: str) -> None:
        self.result.findings.append(Finding(self._file, position_of(node), rule, text))


def _is_mergeable(value: yaml.Node) -> bool:
    items = value.value if isinstance(value, yaml.SequenceNode) else [value]
    return all(isinstance(item, yaml.MappingNode) for item in items)


def _name(pair: tuple[yaml.Node, yaml.Node]) -> str | None:
    return pair[0].value if isinstance(pair[0], yaml.ScalarNode) else None


def _unquoted_template(value: yaml.Node) -> str | None:
    """Return the template ``{{ name }}``, which YAML reads as a mapping whose key is a mapping."""
    if not (isinstance(value, yaml.MappingNode) and value.flow_style and len(value.value) == 1):
        return None
    ((key, _),) = value.value
    if not isinstance(key, yaml.MappingNode):
        return None
    names = [inner.value for inner, _ in key.value if isinstance(inner, yaml.ScalarNode)]
    return f"{{{{ {', '.join(names)} }}}}"


def _kind(tag: str) -> str:
    kinds = {"timestamp": "date (YYYY-MM-DD)", "bool": "boolean"}
    return kinds.get(tag.removeprefix(_TAG), "number")
