"""How fast SubmitJob is called."""

import pytest

from airflow_batch_provider.batch.pace import SubmitPace
from tests.fakes import FakeClock


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def pace(clock):
    return SubmitPace(now=clock.now, sleep=clock.sleep)


def test_the_first_call_does_not_wait(pace, clock):
    pace.wait()

    assert clock.slept == []


def test_at_most_fifty_calls_are_made_in_any_second(pace, clock):
    calls = []
    for _ in range(200):
        pace.wait()
        calls.append(clock.now())

    assert all(later - earlier >= 0.999 for earlier, later in zip(calls, calls[50:], strict=False))


def test_calls_that_are_slower_by_themselves_do_not_wait(pace, clock):
    for _ in range(5):
        pace.wait()
        clock.seconds += 0.1

    assert clock.slept == []


def test_the_calls_of_a_second_may_come_at_once(pace, clock):
    for _ in range(50):
        pace.wait()

    assert clock.slept == []


def test_a_pause_is_not_saved_up_for_more_than_a_seconds_calls(pace, clock):
    pace.wait()
    clock.seconds += 60

    for _ in range(51):
        pace.wait()

    assert clock.slept == [pytest.approx(1)]


def test_a_throttled_call_halves_the_rate(pace):
    pace.was_throttled()

    assert pace.calls_per_second == 25


def test_the_calls_after_a_throttled_one_are_further_apart(pace, clock):
    pace.was_throttled()

    pace.wait()
    pace.wait()

    assert clock.slept == [pytest.approx(0.04)]


def test_throttling_never_stops_the_calls(pace):
    for _ in range(100):
        pace.was_throttled()

    assert pace.calls_per_second == 5


def test_the_rate_recovers_a_little_after_every_twenty_accepted_calls(pace):
    pace.was_throttled()

    rates = []
    for _ in range(40):
        pace.was_accepted()
        rates.append(pace.calls_per_second)

    assert rates == [25.0] * 19 + [pytest.approx(30)] * 20 + [pytest.approx(36)]


def test_a_slow_rate_recovers_after_a_seconds_worth_of_accepted_calls(pace):
    for _ in range(100):
        pace.was_throttled()

    rates = []
    for _ in range(6):
        pace.was_accepted()
        rates.append(pace.calls_per_second)

    assert rates == [5.0] * 4 + [pytest.approx(6)] * 2


def test_calls_of_which_a_third_is_throttled_for_good_keep_a_tenth_of_the_quota(pace, clock):
    started = clock.now()

    for number in range(1000):
        pace.wait()
        pace.was_throttled() if number % 3 == 0 else pace.was_accepted()

    assert clock.now() - started <= 1000 / 5


def test_a_throttled_call_starts_the_count_anew(pace):
    pace.was_throttled()
    for _ in range(19):
        pace.was_accepted()

    pace.was_throttled()
    pace.was_accepted()

    assert pace.calls_per_second == 12.5


def test_the_rate_never_exceeds_fifty(pace):
    pace.was_throttled()
    for _ in range(1000):
        pace.was_accepted()

    assert pace.calls_per_second == 50
