"""
Render the strings of a job, alike in Airflow and on the command line.

A string without ``{{`` or ``{%`` stays exactly as its author wrote it. In the others, ``{#`` is plain text,
as in ``${#files[@]}`` of a shell script, line breaks stay, and the result is always a string.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

COMMENT_START: Final = "{\0#"
"""Jinja's comments cannot be switched off, but no text contains this start of a comment."""

SYNTAX: Final[Mapping[str, Any]] = {
    "comment_start_string": COMMENT_START,
    "comment_end_string": "#\0}",
    "line_statement_prefix": None,
    "line_comment_prefix": None,
    "newline_sequence": "\n",
    "keep_trailing_newline": True,
    "autoescape": False,
}
"""The options of a Jinja environment that would cut or change the text around templates."""

_CARRIAGE_RETURN: Final = "\ue00d"
"""Stands for a carriage return in a template, because Jinja replaces every line break by one kind."""


def for_texts(environment: Any) -> Any:
    """Return a Jinja environment with the same names, filters and options that keeps texts as written."""
    if environment.comment_start_string == COMMENT_START:
        return environment
    return environment.overlay(**SYNTAX)


def render_text(environment: Any, text: str, variables: Mapping[str, Any]) -> str:
    """
    Render a string.

    :param environment: see ``for_texts``.
    :param variables: the template context.
    """
    if environment.variable_start_string not in text and environment.block_start_string not in text:
        return text
    source = text.replace("\r", _CARRIAGE_RETURN)
    rendered: str = environment.from_string(source).render(variables)
    return rendered.replace(_CARRIAGE_RETURN, "\r")
