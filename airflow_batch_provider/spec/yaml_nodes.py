"""What must be known of YAML's nodes before they become values."""

from __future__ import annotations

import re
from typing import Final

import yaml

from airflow_batch_provider.spec.diagnostics import Finding, InvalidSpecError, Position

VALUES_MAX: Final = 500_000
"""Values of one file, those that aliases repeat counted each time."""

NESTING_MAX: Final = 100
TOO_DEEP: Final = f"values are nested more than {NESTING_MAX} levels deep"

_TAG: Final = "tag:yaml.org,2002:"
_TEXT: Final = f"{_TAG}str"
_NUMBERS: Final = frozenset({f"{_TAG}int", f"{_TAG}float"})
_TEXTS_INSIDE: Final = frozenset({"jobs", "defaults", "resources", "tasks", "variables", "backfill"})
"""The members of a workflow in which unusual numbers and dates are texts."""
_PLAIN_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.(?:0|[0-9]*[1-9]))?")


def inspect(root: yaml.MappingNode, file: str) -> list[Finding]:
    """
    Find repeated keys, and keep as written what YAML would turn into something else.

    A key is a name, though YAML takes ``on`` and ``NO`` for truth values. In jobs, dates and
    unusual numbers are texts: a command's ``0777``, ``12:30`` and ``1.10`` must not become 511,
    750 and 1.1.

    :raises InvalidSpecError: an alias stands for a value that contains it, or aliases unfold to
        more than ``VALUES_MAX`` values.
    """
    inspection = _Inspection(file)
    size = inspection.mapping(root, is_job=None)
    if size > VALUES_MAX:
        text = f"the file unfolds to {size:,} values, aliases included; {VALUES_MAX:,} are read"
        raise InvalidSpecError([Finding(file, Position(1, 1), "E103", text)])
    return inspection.repeated


class _Inspection:
    def __init__(self, file: str) -> None:
        self.repeated: list[Finding] = []
        self._file = file
        self._sizes: dict[tuple[int, bool | None], int] = {}
        self._seen: set[int] = set()
        self._above: list[tuple[yaml.Node, str | int]] = []

    def mapping(self, node: yaml.MappingNode, *, is_job: bool | None) -> int:
        """Inspect a mapping and count its values; ``is_job`` is None for the whole document."""
        known: set[str] = set()
        is_first_visit = id(node) not in self._seen
        self._seen.add(id(node))
        size = 1
        for key, value in node.value:
            name = key.value
            if isinstance(key, yaml.ScalarNode):
                if is_first_visit and name in known:
                    text = f"key '{name}' stands here a second time; YAML would silently keep only one"
                    self.repeated.append(self._finding(key, "E102", text))
                known.add(name)
                if key.tag != f"{_TAG}merge":
                    key.tag = _TEXT
            inside = name in _TEXTS_INSIDE if is_job is None and isinstance(name, str) else is_job
            size += self._value(value, str(name), node, bool(inside))
        return size

    def _value(self, value: yaml.Node, part: str | int, parent: yaml.Node, is_job: bool) -> int:
        if isinstance(value, yaml.ScalarNode):
            if is_job:
                _keep_text(value)
            return 1
        known = (id(value), is_job)
        if known not in self._sizes:
            self._above.append((parent, part))
            self._refuse_endless(value)
            if isinstance(value, yaml.MappingNode):
                self._sizes[known] = self.mapping(value, is_job=is_job)
            else:
                items = enumerate(value.value)
                self._sizes[known] = 1 + sum(self._value(item, i, value, is_job) for i, item in items)
            self._above.pop()
        return self._sizes[known]

    def _refuse_endless(self, value: yaml.Node) -> None:
        if len(self._above) > NESTING_MAX:
            raise InvalidSpecError([self._finding(value, "E101", TOO_DEEP)])
        if all(node is not value for node, _ in self._above):
            return
        path = ".".join(str(part) for _, part in self._above)
        at = next((key for key, item in _pairs(self._above[-1][0]) if item is value), value)
        text = f"the alias at '{path}' stands for a value that contains it"
        raise InvalidSpecError([self._finding(at, "E101", text)])

    def _finding(self, node: yaml.Node, rule: str, text: str) -> Finding:
        mark = node.start_mark
        return Finding(self._file, Position(mark.line + 1, mark.column + 1), rule, text)


def _pairs(node: yaml.Node) -> list[tuple[yaml.Node, yaml.Node]]:
    is_mapping = isinstance(node, yaml.MappingNode)
    return list(node.value) if is_mapping else [(item, item) for item in node.value]


def _keep_text(node: yaml.ScalarNode) -> None:
    is_odd_number = node.tag in _NUMBERS and not _PLAIN_NUMBER.fullmatch(node.value)
    if is_odd_number or node.tag == f"{_TAG}timestamp":
        node.tag = _TEXT
