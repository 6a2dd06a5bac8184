"""Inspect YAML nodes before they are constructed as values."""

from __future__ import annotations

import re
from typing import Final

import yaml

from airflow_batch_provider.spec.diagnostics import Finding, InvalidSpecError, Position

VALUES_MAX: Final = 500_000
"""The maximum number of values in a file, counting a value again for each alias that repeats it."""

NESTING_MAX: Final = 100
TOO_DEEP: Final = f"values are nested too deeply; the limit is {NESTING_MAX} levels"

_TAG: Final = "tag:yaml.org,2002:"
_STRING: Final = f"{_TAG}str"
_NUMBERS: Final = frozenset({f"{_TAG}int", f"{_TAG}float"})
_KEYS_WITH_STRINGS: Final = frozenset({"jobs", "defaults", "resources", "tasks", "variables", "backfill"})
"""The top-level keys below which unusual numbers and dates stay strings."""
_PLAIN_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.(?:0|[0-9]*[1-9]))?")


def inspect(root: yaml.MappingNode, file: str) -> list[Finding]:
    """
    Find duplicate keys, and keep as strings what YAML would convert to another type.

    Keys are always strings, although YAML reads ``on`` and ``NO`` as booleans. In jobs, dates and
    unusual numbers stay strings: in a command, ``0777``, ``12:30`` and ``1.10`` must not become
    511, 750 and 1.1.

    :raises InvalidSpecError: an alias refers to a value that contains it, or the aliases expand
        to more than ``VALUES_MAX`` values.
    """
    inspection = _Inspection(file)
    size = inspection.mapping(root, is_job=None)
    if size > VALUES_MAX:
        text = f"the file expands to {size:,} values, aliases included; the limit is {VALUES_MAX:,}"
        raise InvalidSpecError([Finding(file, Position(1, 1), "E103", text)])
    return inspection.duplicates


class _Inspection:
    """
    Visit each node once per context and remember its size.

    Aliases can make a file of a few lines expand to billions of values ("billion laughs"). The size
    of an aliased node is therefore counted from the remembered size, never by visiting it again.
    """

    def __init__(self, file: str) -> None:
        self.duplicates: list[Finding] = []
        self._file = file
        self._sizes: dict[tuple[int, bool | None], int] = {}
        self._visited: set[int] = set()
        self._ancestors: list[tuple[yaml.Node, str | int]] = []

    def mapping(self, node: yaml.MappingNode, *, is_job: bool | None) -> int:
        """Inspect a mapping and count its values; ``is_job`` is None for the whole document."""
        lines: dict[str, int] = {}
        is_first_visit = id(node) not in self._visited
        self._visited.add(id(node))
        size = 1
        for key, value in node.value:
            name = key.value
            if isinstance(key, yaml.ScalarNode):
                # An alias visits a mapping again; report its duplicates once.
                if is_first_visit and name in lines:
                    text = f"duplicate key '{name}' (first defined on line {lines[name]})"
                    self.duplicates.append(self._finding(key, "E102", text))
                lines.setdefault(name, key.start_mark.line + 1)
                if key.tag != f"{_TAG}merge":
                    key.tag = _STRING
            # Below the top level, the context of the top-level key applies.
            inside = name in _KEYS_WITH_STRINGS if is_job is None and isinstance(name, str) else is_job
            size += self._value(value, str(name), node, bool(inside))
        return size

    def _value(self, value: yaml.Node, part: str | int, parent: yaml.Node, is_job: bool) -> int:
        if isinstance(value, yaml.ScalarNode):
            if is_job:
                _keep_string(value)
            return 1
        visit = (id(value), is_job)
        if visit not in self._sizes:
            self._ancestors.append((parent, part))
            self._check_nesting(value)
            if isinstance(value, yaml.MappingNode):
                self._sizes[visit] = self.mapping(value, is_job=is_job)
            else:
                items = enumerate(value.value)
                self._sizes[visit] = 1 + sum(self._value(item, i, value, is_job) for i, item in items)
            self._ancestors.pop()
        return self._sizes[visit]

    def _check_nesting(self, value: yaml.Node) -> None:
        if len(self._ancestors) > NESTING_MAX:
            raise InvalidSpecError([self._finding(value, "E101", TOO_DEEP)])
        if all(node is not value for node, _ in self._ancestors):
            return
        path = ".".join(str(part) for _, part in self._ancestors)
        at = next((key for key, item in _pairs(self._ancestors[-1][0]) if item is value), value)
        text = f"the alias at '{path}' refers to a value that contains it; remove the alias"
        raise InvalidSpecError([self._finding(at, "E101", text)])

    def _finding(self, node: yaml.Node, rule: str, text: str) -> Finding:
        mark = node.start_mark
        return Finding(self._file, Position(mark.line + 1, mark.column + 1), rule, text)


def _pairs(node: yaml.Node) -> list[tuple[yaml.Node, yaml.Node]]:
    is_mapping = isinstance(node, yaml.MappingNode)
    return list(node.value) if is_mapping else [(item, item) for item in node.value]


def _keep_string(node: yaml.ScalarNode) -> None:
    is_unusual_number = node.tag in _NUMBERS and not _PLAIN_NUMBER.fullmatch(node.value)
    if is_unusual_number or node.tag == f"{_TAG}timestamp":
        node.tag = _STRING
