"""The workflow shapes of the soak tests, each in one of the two arrangements."""

from __future__ import annotations

from typing import Final

KEYS: Final = {
    "plain": ("first",),
    "array": ("first",),
    "chain": ("first", "middle", "last"),
    "diamond": ("first", "left", "right", "last"),
    "pair": ("first", "second"),
}

ARRANGEMENTS: Final = ("at_once", "per_job")


def arrangement_of(number: int, shape: str) -> str:
    """Alternate, so that each shape and each numbered case covers both arrangements."""
    return ARRANGEMENTS[(number + list(KEYS).index(shape)) % len(ARRANGEMENTS)]
