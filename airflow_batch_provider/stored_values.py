"""Read what another version of this package has stored: it may have more members, or fewer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def known_members(value: Any, of: type[DataclassInstance]) -> dict[str, Any]:
    """Return the members of a stored mapping that a dataclass has; none if it is not a mapping."""
    names = {field.name for field in fields(of)}
    return {name: member for name, member in _members(value) if name in names}


def unknown_members(value: Any, of: type[DataclassInstance]) -> dict[str, Any]:
    """Return the members of a stored mapping that a dataclass does not have."""
    known = known_members(value, of)
    return {name: member for name, member in _members(value) if name not in known}


def _members(value: Any) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, Mapping) else []
