from decimal import Decimal

import pytest
from post_trade.history import history_from_csv, history_of, history_to_csv
from post_trade.months import Month
from post_trade.prices import Price


def prices(*amounts):
    """Return one price per month from August 2007; ``None`` skips a month."""
    first = Month(2007, 8)
    return [
        Price("IBM", first.minus(-n), Decimal(amount))
        for n, amount in enumerate(amounts)
        if amount is not None
    ]


def test_returns_compare_with_the_previous_month():
    history = history_of(prices("80", "100", "90"))

    assert [row.monthly_return for row in history] == [None, 0.25, pytest.approx(-0.1)]


def test_averages_need_all_their_months():
    history = history_of(prices("1", "2", "6", "4", "5", "12"))

    assert [row.average_3m for row in history] == [None, None, 3, 4, 5, 7]
    assert [row.average_6m for row in history] == [None] * 5 + [5]


def test_values_that_need_a_missing_month_are_empty():
    history = history_of(prices("80", None, "90", "99"))

    assert [row.monthly_return for row in history] == [None, None, pytest.approx(0.1)]
    assert [row.average_3m for row in history] == [None, None, None]


def test_rows_are_in_chronological_order():
    history = history_of(reversed(prices("1", "2", "3")))

    assert [str(row.month) for row in history] == ["2007-08", "2007-09", "2007-10"]


def test_a_history_round_trips_through_csv():
    history = history_of(prices("80", "100", "90.5"))

    text = history_to_csv(history)

    assert text.splitlines()[:3] == [
        "month,price,monthly_return,average_3m,average_6m",
        "2007-08,80,,,",
        "2007-09,100,0.250000000000000,,",
    ]
    assert history_to_csv(history_from_csv(text)) == text


def test_without_prices_the_table_has_only_a_header():
    text = history_to_csv(history_of([]))

    assert text == "month,price,monthly_return,average_3m,average_6m\n"
    assert history_from_csv(text) == ()
