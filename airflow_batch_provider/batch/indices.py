"""Indices of an array job's children, in short."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def index_ranges(indices: Iterable[int], most: int | None = None) -> str:
    """
    Write sorted indices in short: ``0-3, 7, 9-10``.

    :param most: how many ranges to write out; how many indices are left out is said behind them.
    """
    ranges = _ranges(indices)
    shown = ranges if most is None else ranges[:most]
    texts = [str(first) if first == last else f"{first}-{last}" for first, last in shown]
    left_out = sum(last - first + 1 for first, last in ranges[len(shown) :])
    return ", ".join([*texts, f"… {left_out:,} more"] if left_out else texts)


def indices_of(ranges: str) -> tuple[int, ...]:
    """
    Read what ``index_ranges`` wrote, without spaces as well.

    :raises ValueError: the text is something else.
    """
    indices: list[int] = []
    for part in ranges.split(","):
        first, _, last = part.strip().partition("-")
        indices.extend(range(int(first), int(last or first) + 1))
    return tuple(indices)


def _ranges(indices: Iterable[int]) -> Sequence[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    for index in indices:
        if ranges and ranges[-1][1] == index - 1:
            ranges[-1] = (ranges[-1][0], index)
        else:
            ranges.append((index, index))
    return ranges
