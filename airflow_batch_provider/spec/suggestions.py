"""Suggest the name that an author probably meant."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final

_CUTOFF: Final = 0.6
"""How similar a name must be, from 0 to 1: difflib's default."""


def did_you_mean(name: str, known: Sequence[str], *, otherwise: str = "") -> str:
    """
    Return ``. Did you mean 'x'?`` for the known name closest to ``name``, to be appended to a message.

    :param otherwise: the result if no known name is close.
    """
    closest = closest_name(name, known)
    return f". Did you mean '{closest}'?" if closest is not None else otherwise


def closest_name(name: str, known: Sequence[str], *, cutoff: float = _CUTOFF) -> str | None:
    """Return the known name closest to ``name``, ignoring case; None if none is close."""
    by_lower = {each.lower(): each for each in reversed(known)}
    closest = get_close_matches(name.lower(), by_lower, n=1, cutoff=cutoff)
    return by_lower[closest[0]] if closest else None
