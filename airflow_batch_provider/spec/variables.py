"""Substitute ``${{ name }}`` when a spec is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from airflow_batch_provider.spec.document import DataPath
from airflow_batch_provider.spec.suggestions import did_you_mean

MARK: Final = "${{"
_REFERENCE: Final = re.compile(r"\$\{\{\s*(.*?)\s*\}\}", re.DOTALL)
_MISSING: Final = object()
UNRESOLVED: Final = object()
"""The value of a name that exists, but whose value is unknown because of another problem."""


class UnknownVariableError(ValueError):
    """A reference cannot be resolved; the message names the closest known variable."""


class _UnresolvedError(ValueError):
    """A reference cannot be resolved because of a problem that is reported elsewhere."""


class Substitution:
    """
    Substitutes variables in values and collects the references that it cannot resolve.

    A string that consists of a single reference becomes the variable's value and keeps its type.
    A reference inside a longer string must resolve to a string, number or boolean.

    :param is_complete: whether all variables are known. If not, unknown names are not problems.
    :param problems: the problem at each path.
    :param unresolved: the paths of all strings with a reference that cannot be resolved.
    """

    def __init__(self, *, is_complete: bool = True) -> None:
        self.problems: dict[DataPath, str] = {}
        self.unresolved: set[DataPath] = set()
        self._is_complete = is_complete

    def substitute(self, value: Any, names: Mapping[str, Any], path: DataPath) -> Any:
        """Return ``value`` with every reference replaced."""
        if isinstance(value, str):
            return self._substitute_string(value, names, path) if MARK in value else value
        if isinstance(value, dict):
            return {key: self.substitute(item, names, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self.substitute(item, names, (*path, index)) for index, item in enumerate(value)]
        return value

    def resolve_variables(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of ``variables``; a variable may refer to those defined above it."""
        known: dict[str, Any] = {}
        for name, value in variables.items():
            resolved = self.substitute(value, known, ("variables", name))
            is_unresolved = any(path[:2] == ("variables", name) for path in self.unresolved)
            known[name] = UNRESOLVED if is_unresolved else resolved
        return known

    def _substitute_string(self, text: str, names: Mapping[str, Any], path: DataPath) -> Any:
        try:
            if whole := _REFERENCE.fullmatch(text):
                return _resolve(whole[1], names)
            return _REFERENCE.sub(lambda match: _as_string(match[1], _resolve(match[1], names)), text)
        except UnknownVariableError as error:
            if self._is_complete:
                self.problems[path] = str(error)
        except _UnresolvedError:
            pass
        self.unresolved.add(path)
        return text.replace(MARK, "")


def _resolve(name: str, names: Mapping[str, Any]) -> Any:
    value: Any = names
    for part in name.split("."):
        value = value.get(part, _MISSING) if isinstance(value, Mapping) else _MISSING
        if value is UNRESOLVED:
            raise _UnresolvedError
        if value is _MISSING:
            raise UnknownVariableError(_unknown_variable(name, names))
    return value


def _unknown_variable(name: str, names: Mapping[str, Any]) -> str:
    known = [
        full
        for key, value in names.items()
        for full in ([f"{key}.{field}" for field in value] if isinstance(value, Mapping) else [key])
    ]
    defined = f"; the variables are {', '.join(known)}." if known else "; no variables are defined here."
    suggestion = did_you_mean(name, known, otherwise=defined)
    return (
        f"unknown variable '{name}' in ${{{{ … }}}}{suggestion} "
        "For a value that is known only at run time, write {{ … }} without the dollar sign"
    )


def _as_string(name: str, value: Any) -> str:
    if isinstance(value, Mapping | list):
        raise UnknownVariableError(
            f"'{name}' is a list or mapping and cannot be part of a string; use it as the whole value"
        )
    return str(value).lower() if isinstance(value, bool) else str(value)
