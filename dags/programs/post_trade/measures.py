"""Measures of a series of monthly prices: pure arithmetic on plain numbers."""

import math
from collections.abc import Sequence


def relative_change(before: float, after: float) -> float:
    """Return the change as a fraction of the earlier value: 0.1 means ten per cent more."""
    return after / before - 1


def mean(values: Sequence[float]) -> float:
    """Return the arithmetic mean."""
    return math.fsum(values) / len(values)


def slope(xs: Sequence[float], ys: Sequence[float]) -> float:
    """
    Return the slope of the least-squares line through the points.

    :raises ZeroDivisionError: There are fewer than two different ``xs``.
    """
    middle_x, middle_y = mean(xs), mean(ys)
    covariation = math.fsum((x - middle_x) * (y - middle_y) for x, y in zip(xs, ys, strict=True))
    return covariation / math.fsum((x - middle_x) ** 2 for x in xs)


def sample_deviation(values: Sequence[float]) -> float:
    """
    Return the sample standard deviation (the divisor is the number of values minus one).

    :raises ZeroDivisionError: There are fewer than two values.
    """
    middle = mean(values)
    return math.sqrt(math.fsum((value - middle) ** 2 for value in values) / (len(values) - 1))


def max_drawdown(values: Sequence[float]) -> float:
    """Return the largest fall from an earlier peak as a fraction of that peak; 0 if no value ever fell."""
    peak, deepest = values[0], 0.0
    for value in values:
        peak = max(peak, value)
        deepest = max(deepest, 1 - value / peak)
    return deepest
