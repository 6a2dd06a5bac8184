"""Array indices as compact ranges: ``0-3, 7, 9-10``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def format_index_ranges(indices: Iterable[int], ranges_max: int | None = None) -> str:
    """
    Write sorted indices as ranges: ``0-3, 7, 9-10``.

    :param ranges_max: number of ranges to write; the number of omitted indices follows them
        (``0-3, 7, … 12 more``).
    """
    ranges = _ranges(indices)
    shown = ranges if ranges_max is None else ranges[:ranges_max]
    texts = [str(first) if first == last else f"{first}-{last}" for first, last in shown]
    omitted = sum(last - first + 1 for first, last in ranges[len(shown) :])
    return ", ".join([*texts, f"… {omitted:,} more"] if omitted else texts)


def parse_index_ranges(ranges: str) -> tuple[int, ...]:
    """
    Read ranges as ``format_index_ranges`` writes them, with or without spaces.

    :raises ValueError: the text is not a list of ranges.
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
