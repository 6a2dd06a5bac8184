import pytest
from hypothesis import given
from hypothesis import strategies as st
from post_trade.measures import max_drawdown, mean, relative_change, sample_deviation, slope


def test_a_rise_from_80_to_100_is_a_quarter():
    assert relative_change(80, 100) == 0.25


def test_the_mean_of_1_2_and_6_is_3():
    assert mean([1, 2, 6]) == 3


def test_the_slope_through_three_scattered_points():
    # Means 1 and 7/3; (−1)(−4/3) + 0 + 1·(5/3) = 3; 3 / 2.
    assert slope([0, 1, 2], [1, 2, 4]) == pytest.approx(1.5)


def test_the_deviation_divides_by_the_count_minus_one():
    # Mean 5; squares 9 + 1 + 1 + 9 = 20; √(20 / 3).
    assert sample_deviation([2, 4, 6, 8]) == pytest.approx(2.581988897)


def test_the_drawdown_is_relative_to_an_earlier_peak():
    # 120 → 90 loses a quarter; 80 comes before the peak.
    assert max_drawdown([100, 80, 120, 90, 130, 117]) == 0.25


def test_prices_that_only_rise_have_no_drawdown():
    assert max_drawdown([1, 2, 3]) == 0


@given(st.lists(st.floats(min_value=0.01, max_value=1e6), min_size=1, max_size=24))
def test_a_drawdown_is_a_fraction_below_one(prices):
    assert 0 <= max_drawdown(prices) < 1
