"""
Compute the insights of a month independently, to check the programs.

This module shares no code with ``post_trade``: it uses regular expressions instead of a CSV reader, fractions
instead of floats, ``statistics`` and decimal logarithms instead of its own formulas, and all pairs of months
instead of a running peak.
"""

import re
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from itertools import combinations, pairwise
from statistics import linear_regression, mean, stdev

SYMBOLS = ("AAPL", "AMZN", "GOOG", "IBM", "MSFT")
MONTH_NAMES = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
ROW = re.compile(
    r"\s*(?P<symbol>[A-Za-z]+)\s*,"
    r"(?:(?P<name>[A-Z][a-z]{2}) (?P<day>\d+) (?P<year>\d{4})|(?P<iso>\d{4}-\d{2}-\d{2})),"
    r"(?P<price>\d+(?:\.\d+)?)"
)


def insights_for(month: str, stocks_csv_text: str) -> dict[str, object]:
    """Return the expected ``insights.json`` of this month, for the five symbols of the demo."""
    year, number = map(int, month.split("-"))
    months = [f"{n // 12}-{n % 12 + 1:02d}" for n in range(year * 12 + number - 12, year * 12 + number)]
    prices = _prices(stocks_csv_text)
    ranking = []
    unranked = []
    for symbol in SYMBOLS:
        known = [(x, prices[symbol, m]) for x, m in enumerate(months) if (symbol, m) in prices]
        if note := _why_unranked(known, month, months):
            unranked.append({"symbol": symbol, "note": note})
        else:
            ranking.append({"symbol": symbol} | _measures(known))
    ranking.sort(key=lambda entry: entry["score"], reverse=True)
    for rank, entry in enumerate(ranking, start=1):
        entry["rank"] = rank
    window = {"first": months[0], "last": month}
    return {"month": month, "window": window, "ranking": ranking, "unranked": unranked}


def _prices(text: str) -> dict[tuple[str, str], Fraction]:
    """Return the prices; later rows overwrite earlier ones, which handles duplicates and corrections."""
    return {(symbol, month): price for symbol, month, price in _valid_rows(text)}


def _valid_rows(text: str) -> Iterator[tuple[str, str, Fraction]]:
    for line in text.splitlines():
        row = ROW.fullmatch(line)
        if row is None or Fraction(row["price"]) == 0:
            continue
        try:
            day = (
                date.fromisoformat(row["iso"])
                if row["iso"]
                else date(int(row["year"]), MONTH_NAMES.index(row["name"]) + 1, int(row["day"]))
            )
        except ValueError:
            continue
        yield row["symbol"].upper(), day.isoformat()[:7], Fraction(row["price"])


def _why_unranked(known: list[tuple[int, Fraction]], month: str, months: list[str]) -> str | None:
    positions = [x for x, _ in known]
    if not positions:
        return "no price in the window"
    if positions[-1] != 11:
        return f"no price for {month}; the last price is for {months[positions[-1]]}"
    if positions[-6:] != [6, 7, 8, 9, 10, 11]:
        return f"fewer than six consecutive months up to {month}"
    return None


def _measures(known: list[tuple[int, Fraction]]) -> dict[str, object]:
    prices = [price for _, price in known]
    returns = [after / before - 1 for (x, before), (y, after) in pairwise(known) if y == x + 1]
    logarithms = [float(_logarithm(price)) for price in prices]
    trend = linear_regression([x for x, _ in known], logarithms).slope
    volatility = float(stdev(returns))
    momentum = mean(prices[-3:]) / mean(prices[-6:]) - 1
    drawdown = max((1 - later / earlier for earlier, later in combinations(prices, 2)), default=Fraction(0))
    return {
        "price": float(prices[-1]),
        "change": _six(prices[-1] / prices[0] - 1),
        "trend": _six(trend),
        "volatility": _six(volatility),
        "momentum": _six(momentum),
        "max_drawdown": _six(max(drawdown, Fraction(0))),
        "score": _six(trend / volatility),
        "outlook": {
            (True, True): "rising",
            (True, False): "turning down",
            (False, True): "turning up",
            (False, False): "falling",
        }[trend > 0, momentum > 0],
    }


def _logarithm(value: Fraction) -> Decimal:
    with localcontext(prec=40):
        return (Decimal(value.numerator) / Decimal(value.denominator)).ln()


def _six(value: Fraction | float) -> float:
    exact = Fraction(value)
    with localcontext(prec=40):
        decimal = Decimal(exact.numerator) / Decimal(exact.denominator)
    return float(decimal.quantize(Decimal("0.000001"), rounding=ROUND_HALF_EVEN)) + 0.0
