"""Suggest the name that an author probably meant."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches


def did_you_mean(name: str, known: Sequence[str], *, otherwise: str = "") -> str:
    """
    Return ``. Did you mean 'x'?`` for the known name closest to ``name``, to be appended to a message.

    :param otherwise: the result if no known name is close.
    """
    closest = get_close_matches(name, known, n=1)
    return f". Did you mean '{closest[0]}'?" if closest else otherwise
