"""The shapes of workflows in which everything is tried, each in one of both arrangements."""

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
    """Choose so that each shape and each of some numbered things meets both arrangements."""
    return ARRANGEMENTS[(number + list(KEYS).index(shape)) % len(ARRANGEMENTS)]
