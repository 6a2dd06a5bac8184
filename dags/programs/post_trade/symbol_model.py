"""The model of one symbol: the document that ``model`` writes and ``store`` reads."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from post_trade.canonical_json import canonical_json, rounded
from post_trade.history import HistoryRow
from post_trade.measures import max_drawdown, relative_change, sample_deviation, slope
from post_trade.months import Month

PLACES = 15


@dataclass(frozen=True, slots=True)
class Measures:
    """
    The measures of a symbol that has at least six consecutive months up to the month of the run.

    :param price: the price in the month of the run.
    :param change: change from the first to the last price of the window, as a fraction.
    :param trend: slope per month of the least-squares line through the natural logarithms of the prices.
    :param volatility: sample standard deviation of the monthly returns.
    :param momentum: three-month average divided by six-month average, minus one, in the month of the run.
    :param max_drawdown: largest fall from an earlier peak in the window, as a fraction of that peak.
    """

    price: float
    change: float
    trend: float
    volatility: float
    momentum: float
    max_drawdown: float


@dataclass(frozen=True, slots=True)
class SymbolModel:
    """A symbol's measures, or a note with the reason why there are none."""

    symbol: str
    month: Month
    measures: Measures | None
    note: str | None


def fit(symbol: str, month: Month, history: Sequence[HistoryRow]) -> SymbolModel:
    """Model a symbol's history, oldest month first. If the history is too short, return a note instead."""
    if not history:
        return SymbolModel(symbol, month, None, "no price in the window")
    last = history[-1]
    if last.month != month:
        return SymbolModel(symbol, month, None, f"no price for {month}; the last price is for {last.month}")
    if last.average_3m is None or last.average_6m is None:
        return SymbolModel(symbol, month, None, f"fewer than six consecutive months up to {month}")
    prices = [float(row.price) for row in history]
    measures = Measures(
        price=prices[-1],
        change=rounded(relative_change(prices[0], prices[-1]), PLACES),
        trend=rounded(_trend(history), PLACES),
        volatility=rounded(_volatility(history), PLACES),
        momentum=rounded(relative_change(last.average_6m, last.average_3m), PLACES),
        max_drawdown=rounded(max_drawdown(prices), PLACES),
    )
    return SymbolModel(symbol, month, measures, None)


def model_to_json(model: SymbolModel) -> str:
    """Return a model as a JSON document."""
    return canonical_json(asdict(model) | {"month": str(model.month)})


def model_from_json(text: str) -> SymbolModel:
    """Parse the output of :func:`model_to_json`."""
    document = json.loads(text)
    measures = document["measures"]
    return SymbolModel(
        symbol=document["symbol"],
        month=Month.parse(document["month"]),
        measures=None if measures is None else Measures(**measures),
        note=document["note"],
    )


def _trend(history: Sequence[HistoryRow]) -> float:
    return slope([row.month.ordinal for row in history], [math.log(row.price) for row in history])


def _volatility(history: Sequence[HistoryRow]) -> float:
    return sample_deviation([row.monthly_return for row in history if row.monthly_return is not None])
