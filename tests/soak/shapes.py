"""The workflow shapes of the soak tests, each in one of the two submission modes."""

from __future__ import annotations

from typing import Final

KEYS: Final = {
    "plain": ("first",),
    "array": ("first",),
    "chain": ("first", "middle", "last"),
    "diamond": ("first", "left", "right", "last"),
    "pair": ("first", "second"),
}

SUBMISSION_MODES: Final = ("at_once", "per_job")


def submission_mode_of(number: int, shape: str) -> str:
    """Alternate, so that each shape and each numbered case covers both submission modes."""
    return SUBMISSION_MODES[(number + list(KEYS).index(shape)) % len(SUBMISSION_MODES)]
