import json
from decimal import Decimal

import pytest
from post_trade.history import history_of
from post_trade.insights import insights_table, insights_to_json, rank
from post_trade.months import Month, Window
from post_trade.prices import Price
from post_trade.symbol_model import Measures, SymbolModel, fit, model_from_json, model_to_json

MONTH = Month(2008, 1)
WINDOW = Window.ending(MONTH)


def fitted(*amounts, last=MONTH):
    """Fit a model to one price per month, ending in ``last``."""
    months = [last.minus(n) for n in reversed(range(len(amounts)))]
    return fit(
        "IBM", MONTH, history_of(Price("IBM", m, Decimal(a)) for m, a in zip(months, amounts, strict=True))
    )


def modelled(symbol, *, trend=0.02, volatility=0.1, momentum=0.01):
    measures = Measures(100.0, 0.1, trend, volatility, momentum, 0.2)
    return SymbolModel(symbol, MONTH, measures, None)


def test_six_months_are_measured():
    measures = fitted("100", "110", "99", "100", "120", "90").measures

    assert measures == Measures(
        price=90.0,
        change=pytest.approx(-0.1),
        # ln: 4.605170 4.700480 4.595120 4.605170 4.787492 4.499810; Σ(x − 2.5)·ln p = −0.127859; / 17.5.
        trend=pytest.approx(-0.0073062, abs=1e-7),
        # Returns 0.1 −0.1 0.010101 0.2 −0.25; Σ = −0.039899, Σr² = 0.122602; √((0.122602 − 0.000318) / 4).
        volatility=pytest.approx(0.1748454, abs=1e-7),
        # 310 / 3 over 619 / 6.
        momentum=pytest.approx(620 / 619 - 1),
        max_drawdown=0.25,
    )


def test_a_symbol_without_prices_gets_a_note():
    model = fitted()

    assert (model.measures, model.note) == (None, "no price in the window")


def test_five_months_are_too_few():
    model = fitted("1", "2", "3", "4", "5")

    assert (model.measures, model.note) == (None, "fewer than six consecutive months up to 2008-01")


def test_a_symbol_that_ended_before_the_month_gets_a_note():
    model = fitted("1", "2", "3", "4", "5", "6", last=Month(2007, 12))

    assert (model.measures, model.note) == (None, "no price for 2008-01; the last price is for 2007-12")


@pytest.mark.parametrize("amounts", [(), ("100", "110", "99", "100", "120", "90")])
def test_a_model_round_trips_through_json(amounts):
    model = fitted(*amounts)

    assert model_from_json(model_to_json(model)) == model


def test_the_highest_trend_over_volatility_ranks_first():
    insights = rank(
        WINDOW, [modelled("A", trend=0.02), modelled("B", trend=-0.01), modelled("C", trend=0.03)]
    )

    assert [(i.symbol, i.score) for i in insights.ranking] == [("C", 0.3), ("A", 0.2), ("B", -0.1)]


def test_equal_scores_rank_by_symbol():
    insights = rank(WINDOW, [modelled("B"), modelled("A")])

    assert [insight.symbol for insight in insights.ranking] == ["A", "B"]


@pytest.mark.parametrize(
    ("trend", "momentum", "outlook"),
    [
        (0.1, 0.1, "rising"),
        (-0.1, 0.1, "turning up"),
        (0.1, -0.1, "turning down"),
        (-0.1, -0.1, "falling"),
        (0.0, 0.0, "falling"),
    ],
)
def test_the_outlook_combines_momentum_and_trend(trend, momentum, outlook):
    insights = rank(WINDOW, [modelled("A", trend=trend, momentum=momentum)])

    assert insights.ranking[0].outlook == outlook


def test_a_symbol_without_fluctuation_is_not_ranked():
    insights = rank(WINDOW, [modelled("A", volatility=0.0)])

    assert insights.ranking == ()
    assert insights.unranked == (("A", "the price changed by the same percentage every month"),)


def test_the_json_has_no_negative_zero():
    text = insights_to_json(rank(WINDOW, [modelled("A", trend=-1e-9)]))

    assert json.loads(text)["ranking"][0]["trend"] == 0
    assert "-0.0" not in text


def test_the_table_lists_unranked_symbols_with_the_reason():
    table = insights_table(rank(WINDOW, [modelled("A"), fitted()]))

    assert table.splitlines()[-1] == "   -  IBM     not ranked: no price in the window"
