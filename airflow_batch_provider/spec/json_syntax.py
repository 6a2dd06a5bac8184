"""Check that a ``.json`` file is JSON: YAML, as which it is read, allows more."""

from __future__ import annotations

import json
import re
from typing import Final

from airflow_batch_provider.spec.diagnostics import Position

# JSON escapes a character above U+FFFF as two surrogates (RFC 8259, section 7), which YAML rejects. An odd
# number of backslashes starts an escape, so pairs of them are skipped first.
_SURROGATES: Final = re.compile(r"(?<!\\)((?:\\\\)*)((?:\\u[dD][89abAB]..\\u[dD][c-fC-F]..)+)")
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_CONSTANT: Final = re.compile(r"-?Infinity|NaN")
_PYTHON_WORDS: Final = {"None": "null", "True": "true", "False": "false"}
_BYTE_ORDER_MARK: Final = "\ufeff"


def json_problem(text: str) -> tuple[Position, str] | None:
    """Return the position of the first syntax error and an explanation; None if the text is JSON."""
    content = text.removeprefix(_BYTE_ORDER_MARK)
    try:
        json.loads(content, parse_constant=_reject_constant)
    except json.JSONDecodeError as error:
        return _explain(content, error)
    except _NotANumberError as error:
        # Without its strings, the text contains the word only as a value.
        match = _CONSTANT.search(_STRING.sub(lambda found: " " * len(found[0]), content))
        at = _position(content, match.start() if match else 0)
        return at, f"'{error}' is not a value in JSON; use a number or null"
    return None


def json_as_yaml(text: str) -> str:
    """Replace the parts of JSON that are not YAML: tabs between values, and escaped surrogate pairs."""
    return _SURROGATES.sub(
        lambda match: (
            match[1]
            + match[2].encode().decode("unicode-escape").encode("utf-16", "surrogatepass").decode("utf-16")
        ),
        # A JSON string cannot contain a raw tab, so that this changes only the space between values.
        text.replace("\t", " "),
    )


class _NotANumberError(ValueError):
    """A number that JSON does not have: ``NaN`` or ``Infinity``."""


def _reject_constant(name: str) -> None:
    raise _NotANumberError(name)


def _explain(text: str, error: json.JSONDecodeError) -> tuple[Position, str]:
    before = text[: error.pos].rstrip()
    character = text[error.pos : error.pos + 1]
    # Python 3.13 reports a trailing comma at the comma, earlier versions at what follows it.
    follows_comma = before.endswith(",") and character in ("}", "]")
    if follows_comma or (character == "," and "trailing comma" in error.msg):
        at = len(before) - 1 if follows_comma else error.pos
        return _position(text, at), "a comma after the last entry is not allowed; remove it"
    if not text[error.pos :].strip():
        return _position(text, error.pos), "the file ends before a bracket or quotation mark is closed"
    at = error.pos
    if character == "'":
        return _position(text, at), "strings must be in double quotes, not single quotes"
    if text.startswith(("//", "/*", "#"), at):
        return _position(text, at), "comments are not allowed; remove them, or write the file in YAML"
    for word, instead in _PYTHON_WORDS.items():
        if text.startswith(word, at):
            return _position(text, at), f"'{word}' is not a value in JSON; write {instead}"
    problem = error.msg[:1].lower() + error.msg[1:]
    if problem.startswith("unterminated string"):
        problem = "this quotation mark is not closed"
    return _position(text, at), problem


def _position(text: str, index: int) -> Position:
    before = text[:index]
    return Position(before.count("\n") + 1, index - before.rfind("\n"))
