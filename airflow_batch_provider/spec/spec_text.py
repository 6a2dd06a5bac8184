"""The text of a spec, as Airflow shows it: without secrets, and cut if it is long."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final

import yaml

from airflow_batch_provider.spec.rules.templates import is_secret

if TYPE_CHECKING:
    from airflow_batch_provider.spec.document import Document
    from airflow_batch_provider.spec.loader import LoadedWorkflow

SPEC_TEXT_MAX: Final = 30_000
"""Characters of a spec that Airflow shows: it stores them with every version of the DAG."""
HIDDEN: Final = "***"

_NAME_ABOVE: Final = frozenset({"default", "value"})
"""Keys whose value belongs to the name above: of a param, or of AWS's list of environment variables."""
_REFERENCES: Final = "secrets"


@dataclass(frozen=True, slots=True)
class SpecText:
    """
    What Airflow shows of a spec.

    :param file: the name of its file; empty for a spec in Python, whose text is written as YAML.
    :param text: the first lines of it, up to ``SPEC_TEXT_MAX`` characters.
    :param lines_left_out: the number of lines after them.
    :param fragments: the files that it extends, relative to its folder.
    """

    file: str
    text: str
    lines_left_out: int = 0
    fragments: tuple[str, ...] = ()


def spec_text(loaded: LoadedWorkflow) -> SpecText:
    """Return what to show of a spec file."""
    path, *fragments = loaded.files
    names = dict.fromkeys(os.path.relpath(fragment, path.parent) for fragment in fragments)
    return SpecText(path.name, *first_lines(_without_secrets(loaded.document), SPEC_TEXT_MAX), tuple(names))


def first_lines(text: str, length_max: int) -> tuple[str, int]:
    """Return the first whole lines of a text, and how many lines are left out; a very long line is cut."""
    if len(text) <= length_max:
        return text, 0
    end = text.rfind("\n", 0, length_max) + 1
    kept, rest = (text[:end], text[end:]) if end else (text[:length_max] + "…", text[length_max:])
    return kept, len(rest.splitlines())


def _without_secrets(document: Document) -> str:
    """Return the text of a file in which values that look like secrets are hidden."""
    text = document.text
    starts = [0, *accumulate(len(line) for line in text.splitlines(keepends=True))]
    spans = {
        (starts[node.start_mark.line] + node.start_mark.column, _end(starts, node, text))
        for node in _secrets(document.root, "", set())
    }
    for start, end in sorted(spans, reverse=True):
        removed = text[start:end]
        after = removed[len(removed.rstrip()) :]  # a block of text ends after its line break
        text = f'{text[:start]}"{HIDDEN}"{after}{text[end:]}'
    return text


def _end(starts: list[int], node: yaml.ScalarNode, text: str) -> int:
    line = node.end_mark.line
    return starts[line] + node.end_mark.column if line < len(starts) else len(text)


def _secrets(node: yaml.Node, name: str, seen: set[tuple[int, str]]) -> Iterator[yaml.ScalarNode]:
    """Yield the values that look like secrets; an alias is the same node, at several places."""
    if (id(node), name) in seen:
        return
    seen.add((id(node), name))
    if isinstance(node, yaml.ScalarNode):
        if is_secret(name, node.value, has_own_name=True):
            yield node
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _secrets(item, "", seen)
    elif isinstance(node, yaml.MappingNode):
        members = {key.value: value for key, value in node.value if isinstance(key, yaml.ScalarNode)}
        named = members.get("name")
        own = named.value if isinstance(named, yaml.ScalarNode) else name
        for key, value in members.items():
            if key != _REFERENCES:
                yield from _secrets(value, own if key in _NAME_ABOVE else key, seen)
