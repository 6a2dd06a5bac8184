"""What is measured on a series of monthly prices: pure arithmetic on plain numbers."""

import math
from collections.abc import Sequence


def relative_change(before: float, after: float) -> float:
    """Return the change as a share of what was before: 0.1 is ten per cent more."""
    return after / before - 1


def mean(values: Sequence[float]) -> float:
    """Return the arithmetic mean."""
    return math.fsum(values) / len(values)


def slope(xs: Sequence[float], ys: Sequence[float]) -> float:
    """
    Return the slope of the least-squares line through the points.

    :raises ZeroDivisionError: with fewer than two different ``xs``.
    """
    middle_x, middle_y = mean(xs), mean(ys)
    covariation = math.fsum((x - middle_x) * (y - middle_y) for x, y in zip(xs, ys, strict=True))
    return covariation / math.fsum((x - middle_x) ** 2 for x in xs)


def sample_deviation(values: Sequence[float]) -> float:
    """
    Return the sample standard deviation, whose divisor is one less than the count.

    :raises ZeroDivisionError: with fewer than two values.
    """
    middle = mean(values)
    return math.sqrt(math.fsum((value - middle) ** 2 for value in values) / (len(values) - 1))


def max_drawdown(values: Sequence[float]) -> float:
    """Return the deepest fall from an earlier peak as a share of that peak; 0 when nothing ever fell."""
    peak, deepest = values[0], 0.0
    for value in values:
        peak = max(peak, value)
        deepest = max(deepest, 1 - value / peak)
    return deepest
