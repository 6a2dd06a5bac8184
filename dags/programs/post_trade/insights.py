"""
Rank the symbols of a month and give each an outlook.

The **score** is ``trend / volatility``: monthly growth per unit of volatility. The highest score ranks first;
equal scores rank by symbol. A symbol without measures, or with a volatility of 0, is not ranked; its note
gives the reason.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from post_trade.canonical_json import canonical_json, rounded
from post_trade.months import Window
from post_trade.symbol_model import Measures, SymbolModel

PLACES = 6


@dataclass(frozen=True, slots=True)
class Insight:
    """A ranked symbol. Its measures and its score are rounded to six decimals."""

    symbol: str
    score: float
    outlook: str
    measures: Measures


@dataclass(frozen=True, slots=True)
class Insights:
    """The result of a run: the ranking, best symbol first, and each unranked symbol with the reason."""

    window: Window
    ranking: tuple[Insight, ...]
    unranked: tuple[tuple[str, str], ...]


def rank(window: Window, models: Iterable[SymbolModel]) -> Insights:
    """Score and rank the models of a window."""
    ranked: list[Insight] = []
    unranked: list[tuple[str, str]] = []
    for model in models:
        if model.measures is None:
            unranked.append((model.symbol, model.note or "no measures"))
        elif model.measures.volatility == 0:
            unranked.append((model.symbol, "the price changed by the same percentage every month"))
        else:
            ranked.append(_insight(model.symbol, model.measures))
    ranked.sort(key=lambda insight: (-insight.score, insight.symbol))
    return Insights(window, tuple(ranked), tuple(sorted(unranked)))


def insights_to_json(insights: Insights) -> str:
    """Return the insights as a JSON document. ``rank`` counts from 1."""
    ranking = [
        {"rank": place, "symbol": insight.symbol, "score": insight.score, "outlook": insight.outlook}
        | asdict(insight.measures)
        for place, insight in enumerate(insights.ranking, start=1)
    ]
    document = {
        "month": str(insights.window.last),
        "window": {"first": str(insights.window.first), "last": str(insights.window.last)},
        "ranking": ranking,
        "unranked": [{"symbol": symbol, "note": note} for symbol, note in insights.unranked],
    }
    return canonical_json(document)


def insights_table(insights: Insights) -> str:
    """Return the insights as a text table, one line per symbol."""
    lines = [
        f"Insights of {insights.window.last} (prices of {insights.window})",
        "rank  symbol     price    change   trend/month  volatility  momentum  drawdown    score  outlook",
    ]
    lines += [_table_line(place, insight) for place, insight in enumerate(insights.ranking, start=1)]
    lines += [f"   -  {symbol:<6}  not ranked: {note}" for symbol, note in insights.unranked]
    return "\n".join(lines)


def _insight(symbol: str, measures: Measures) -> Insight:
    return Insight(
        symbol=symbol,
        score=rounded(measures.trend / measures.volatility, PLACES),
        outlook=_outlook(measures),
        measures=Measures(**{name: rounded(value, PLACES) for name, value in asdict(measures).items()}),
    )


def _outlook(measures: Measures) -> str:
    """Compare the short term (momentum) with the long term (trend)."""
    if measures.momentum > 0:
        return "rising" if measures.trend > 0 else "turning up"
    return "turning down" if measures.trend > 0 else "falling"


def _table_line(place: int, insight: Insight) -> str:
    m = insight.measures
    return (
        f"{place:>4}  {insight.symbol:<6}  {m.price:>8.2f}  {m.change:>+8.1%}  {m.trend:>+12.2%}"
        f"  {m.volatility:>10.2%}  {m.momentum:>+8.1%}  {m.max_drawdown:>8.1%}  {insight.score:>+7.3f}"
        f"  {insight.outlook}"
    )
