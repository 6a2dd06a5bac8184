import pytest
from post_trade.months import Month, Window


def test_a_month_round_trips_through_yyyy_mm():
    month = Month.parse("2008-01")

    assert month == Month(2008, 1)
    assert str(month) == "2008-01"


@pytest.mark.parametrize(
    "text", ["2008-13", "2008-00", "2008-1", "2008", "2008-01-01", "01-2008", "", "0000-05"]
)
def test_another_form_is_rejected_with_an_example(text):
    with pytest.raises(ValueError, match="write YYYY-MM, for example 2008-01"):
        Month.parse(text)


def test_minus_crosses_the_year():
    earlier = Month(2008, 1).minus(13)

    assert earlier == Month(2006, 12)


def test_the_window_is_the_month_and_the_eleven_before_it():
    window = Window.ending(Month(2008, 1))

    inside = [n for n in range(30) if Month(2009, 1).minus(n) in window]

    assert (window.first, window.last) == (Month(2007, 2), Month(2008, 1))
    assert inside == list(range(12, 24))
