from decimal import Decimal

import pytest
from post_trade.cleaning import Action, clean
from post_trade.errors import BadDataError
from post_trade.months import Month, Window
from post_trade.prices import prices_from_csv, prices_to_csv

WINDOW = Window.ending(Month(2008, 1))
GOOD = "IBM,Dec 1 2007,103.7"


def cleaned(*rows):
    return clean("\n".join(["symbol,date,price", *rows]) + "\n", WINDOW, ["IBM", "MSFT"])


def amounts(cleaning):
    return [(price.symbol, str(price.month), str(price.amount)) for price in cleaning.prices]


def findings(cleaning):
    return [(found.line, found.action, found.reason) for found in cleaning.findings]


def test_a_clean_row_is_kept_without_a_finding():
    cleaning = cleaned(GOOD)

    assert amounts(cleaning) == [("IBM", "2007-12", "103.7")]
    assert findings(cleaning) == []


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("IBM,Jan 1 2008,", "price is missing"),
        ("IBM,Jan 1 2008, ", "price is missing"),
        ("IBM,Jan 1 2008,n/a", "price is not a number"),
        ("IBM,Jan 1 2008,NaN", "price is not a number"),
        ("IBM,Jan 1 2008,Infinity", "price is not a number"),
        ("IBM,Jan 1 2008,0", "price is not above zero"),
        ("IBM,Jan 1 2008,-5", "price is not above zero"),
        ("YHOO,Jan 1 2008,19.18", "unknown symbol"),
        ("IBM,Feb 30 2008,1", "invalid date"),
        ("IBM,January,1", "invalid date"),
        ("IBM,Jan 1 2008", "2 fields instead of 3"),
        ("IBM,Jan 1 2008,1,2", "4 fields instead of 3"),
        ('IBM,Jan 1 2008,"1', "price is not a number"),
    ],
)
def test_an_invalid_row_is_rejected_and_the_next_row_is_kept(row, reason):
    cleaning = cleaned(row, GOOD)

    assert findings(cleaning) == [(2, Action.REJECTED, reason)]
    assert amounts(cleaning) == [("IBM", "2007-12", "103.7")]


def test_a_rejected_row_does_not_replace_a_valid_row():
    cleaning = cleaned(GOOD, "IBM,Dec 1 2007,-1")

    assert amounts(cleaning) == [("IBM", "2007-12", "103.7")]


def test_spaces_and_lower_case_in_a_symbol_are_repaired():
    cleaning = cleaned(" ibm ,Dec 1 2007,103.7")

    assert amounts(cleaning) == [("IBM", "2007-12", "103.7")]
    assert findings(cleaning) == [(2, Action.REPAIRED, "symbol read as IBM")]


def test_an_iso_date_is_repaired():
    cleaning = cleaned("IBM,2007-12-01,103.7")

    assert amounts(cleaning) == [("IBM", "2007-12", "103.7")]
    assert findings(cleaning) == [(2, Action.REPAIRED, "date read as 2007-12")]


def test_an_exact_duplicate_counts_once():
    cleaning = cleaned(GOOD, "IBM,Dec 1 2007,103.70")

    assert amounts(cleaning) == [("IBM", "2007-12", "103.7")]
    assert findings(cleaning) == [(3, Action.REJECTED, "duplicate of line 2")]


def test_the_later_of_two_contradicting_rows_wins():
    cleaning = cleaned(GOOD, "MSFT,Dec 1 2007,34", "IBM,Dec 1 2007,104.1")

    assert ("IBM", "2007-12", "104.1") in amounts(cleaning)
    assert findings(cleaning) == [(2, Action.SUPERSEDED, "corrected by line 4")]


def test_a_correction_may_restore_the_first_price():
    cleaning = cleaned(GOOD, "IBM,Dec 1 2007,104.1", GOOD)

    assert amounts(cleaning) == [("IBM", "2007-12", "103.7")]


def test_rows_outside_the_window_are_counted_but_not_checked():
    cleaning = cleaned("IBM,Jan 1 2007,oops", "IBM,Feb 1 2008,0", GOOD)

    assert (cleaning.rows_read, cleaning.rows_outside) == (3, 2)
    assert findings(cleaning) == []


def test_a_finding_is_one_line():
    finding = cleaned("IBM,Jan 1 2008,n/a").findings[0]

    assert str(finding) == "line 2 rejected: price is not a number: 'IBM,Jan 1 2008,n/a'"


@pytest.mark.parametrize("text", ["", "date,symbol,price\n"])
def test_a_wrong_header_is_bad_data(text):
    with pytest.raises(BadDataError, match=r"instead of 'symbol,date,price'"):
        clean(text, WINDOW, ["IBM"])


def test_the_real_file_gives_a_price_for_each_symbol_and_month(stocks_csv):
    cleaning = clean(stocks_csv, WINDOW, ["AAPL", "AMZN", "GOOG", "IBM", "MSFT"])

    assert len({(price.symbol, price.month) for price in cleaning.prices}) == len(cleaning.prices) == 60


def test_prices_round_trip_through_csv():
    prices = cleaned(GOOD, "MSFT,Jan 1 2008,31.10").prices

    text = prices_to_csv(reversed(prices))

    assert text == "symbol,month,price\nIBM,2007-12,103.7\nMSFT,2008-01,31.1\n"
    assert prices_from_csv(text) == prices
    assert prices[1].amount == Decimal("31.1")
