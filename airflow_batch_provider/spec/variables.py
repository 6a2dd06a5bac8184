"""``${{ name }}``: what is put in when a spec is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Final

from airflow_batch_provider.spec.document import Path

MARK: Final = "${{"
_REFERENCE: Final = re.compile(r"\$\{\{\s*(.*?)\s*\}\}", re.DOTALL)
_MISSING: Final = object()


class UnknownVariableError(ValueError):
    """A reference to a name that is not there; the message says what is."""


class Substitution:
    """
    Puts variables into values, and notes what it cannot.

    A text that is nothing but a reference becomes the variable's value, whatever its type; inside
    a text the value must be a text or number.

    :param problems: by path, what is wrong there.
    """

    def __init__(self) -> None:
        self.problems: dict[Path, str] = {}

    def into(self, value: Any, names: Mapping[str, Any], path: Path) -> Any:
        """Return ``value`` with every reference replaced."""
        if isinstance(value, str):
            return self._into_text(value, names, path) if MARK in value else value
        if isinstance(value, dict):
            return {key: self.into(item, names, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self.into(item, names, (*path, index)) for index, item in enumerate(value)]
        return value

    def variables(self, written: Mapping[str, Any]) -> dict[str, Any]:
        """Resolve variables that refer to those above them."""
        known: dict[str, Any] = {}
        for name, value in written.items():
            known[name] = self.into(value, known, ("variables", name))
        return known

    def _into_text(self, text: str, names: Mapping[str, Any], path: Path) -> Any:
        try:
            if whole := _REFERENCE.fullmatch(text):
                return _resolved(whole[1], names)
            return _REFERENCE.sub(lambda match: _as_text(match[1], _resolved(match[1], names)), text)
        except UnknownVariableError as error:
            self.problems[path] = str(error)
            return text.replace(MARK, "")


def _resolved(name: str, names: Mapping[str, Any]) -> Any:
    value: Any = names
    for part in name.split("."):
        value = value.get(part, _MISSING) if isinstance(value, Mapping) else _MISSING
        if value is _MISSING:
            raise UnknownVariableError(_unknown(name, names))
    return value


def _unknown(name: str, names: Mapping[str, Any]) -> str:
    known = [
        full
        for key, value in names.items()
        for full in ([f"{key}.{field}" for field in value] if isinstance(value, Mapping) else [key])
    ]
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"there are: {', '.join(known) or 'none'}"
    return (
        f"'{name}' in ${{{{ … }}}} is no variable; {hint} "
        "(what is known only when the job runs is written {{ … }}, without the dollar sign)"
    )


def _as_text(name: str, value: Any) -> str:
    if isinstance(value, Mapping | list):
        raise UnknownVariableError(
            f"'{name}' is a list or mapping and cannot stand inside a text; let it stand alone"
        )
    return str(value).lower() if isinstance(value, bool) else str(value)
