"""Explain YAML syntax errors: where the cause is, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import yaml
from yaml.reader import ReaderError

from airflow_batch_provider.spec.diagnostics import Position

_REMEDIES: Final = {
    "mapping values are not allowed in this context": "put a value that contains ': ' in quotes, "
    "or check the indentation",
    "did not find expected key": "check the indentation and the quotes",
    "could not find expected ':'": "check the indentation, or put the value in quotes",
    "block sequence entries are not allowed in this context": "write the items on lines of their own, "
    "or as [a, b]",
}
_START: Final = Position(1, 1)


def explain(error: yaml.MarkedYAMLError, text: str, loader: Any) -> tuple[Position, str]:
    """Return the position of the cause of a syntax error, and an explanation."""
    mark = error.problem_mark or error.context_mark
    at = _position(mark)
    context, problem = error.context or "", error.problem or ""
    if context == "while scanning a quoted scalar" and error.context_mark:
        return _position(error.context_mark), "this quotation mark is not closed"
    if context.startswith("while scanning an al") or problem == "found undefined alias":
        at = _position(error.context_mark or mark)
        return at, f"'*' starts an alias{_undefined(problem)}; if the value is a string, {_quoted(text, at)}"
    if problem == "found character that cannot start any token" and not _is_tab(text, at):
        return at, f"a value cannot start with '{_rest(text, at)[:1]}'; {_quoted(text, at)}"
    if (quoted := _quoted_before(text, at, loader)) is not None:
        return _explain_quotes(quoted)
    if (opened := _unclosed(error, text, loader)) is not None:
        start, bracket = opened
        expected = problem.removeprefix("did not find ")
        found = (
            "the file ends" if _is_end(mark, text) else f"{expected} on line {at.line}, column {at.column}"
        )
        return start, f"this '{bracket}' is not closed: {found}"
    remedy = "indent with spaces, not tabs" if _is_tab(text, at) else _REMEDIES.get(problem, "")
    explanation = ", ".join(part for part in (context, problem) if part)
    return at, f"{explanation}; {remedy}" if remedy else explanation


def explain_character(error: ReaderError, text: str) -> tuple[Position, str]:
    """Return the position of a character that YAML does not allow, and an explanation."""
    before = text[: text.find(chr(error.character))]
    at = Position(before.count("\n") + 1, len(before) - before.rfind("\n"))
    problem = f"character U+{error.character:04X} is not allowed"
    return at, f"{problem}; write it as an escape sequence in a double-quoted string"


def _position(mark: Any) -> Position:
    return Position(mark.line + 1, mark.column + 1) if mark else _START


def _undefined(problem: str) -> str:
    return ", and no such anchor is defined" if problem == "found undefined alias" else ""


def _rest(text: str, at: Position) -> str:
    """Return the rest of a line; libyaml counts lines as Python's ``splitlines`` does for these files."""
    lines = text.splitlines()
    return lines[at.line - 1][at.column - 1 :] if at.line <= len(lines) else ""


def _quoted(text: str, at: Position) -> str:
    # In a flow mapping, the value ends at a comma or bracket.
    is_flow = "{" in _rest(text, Position(at.line, 1))[: at.column - 1]
    value = re.split(r"\s#|[,}\]]" if is_flow else r"\s#", _rest(text, at))[0].strip()
    return f'put it in quotes: "{value}"'


def _is_tab(text: str, at: Position) -> bool:
    return _rest(text, at).startswith("\t")


def _is_end(mark: Any, text: str) -> bool:
    return mark is not None and mark.index >= len(text.rstrip())


def _tokens(text: str, loader: Any) -> Iterator[Any]:
    """Yield the tokens up to the syntax error."""
    try:
        yield from yaml.scan(text, Loader=loader)
    except yaml.YAMLError:
        return


def _quoted_before(text: str, at: Position, loader: Any) -> yaml.ScalarToken | None:
    """Return the quoted string that ends directly before the error, as its closing mark is a wrong one."""
    for token in _tokens(text, loader):
        if isinstance(token, yaml.ScalarToken) and token.style in ("'", '"'):
            end = _position(token.end_mark)
            between = _rest(text, end)[: at.column - end.column]
            if end.line == at.line and end <= at and not between.strip():
                return token
    return None


def _explain_quotes(quoted: yaml.ScalarToken) -> tuple[Position, str]:
    start, end = _position(quoted.start_mark), _position(quoted.end_mark)
    if start.line < end.line:
        return start, f"this quotation mark is closed only on line {end.line}; check the quotes"
    escaped = "''" if quoted.style == "'" else '\\"'
    return start, (
        f"this quotation mark is closed before column {end.column}, where more text follows; "
        f"within the string, write {escaped}"
    )


def _unclosed(error: yaml.MarkedYAMLError, text: str, loader: Any) -> tuple[Position, str] | None:
    """Return the innermost bracket that is open at the error."""
    if not (error.context or "").startswith("while parsing a flow"):
        return None
    opened: list[tuple[Position, str]] = []
    for token in _tokens(text, loader):
        start = _position(token.start_mark)
        if start >= _position(error.problem_mark):
            break
        if isinstance(token, yaml.FlowSequenceStartToken):
            opened.append((start, "["))
        elif isinstance(token, yaml.FlowMappingStartToken):
            opened.append((start, "{"))
        elif isinstance(token, yaml.FlowSequenceEndToken | yaml.FlowMappingEndToken) and opened:
            opened.pop()
    return opened[-1] if opened else None
