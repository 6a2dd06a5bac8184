"""How fast SubmitJob is called."""

import pytest

from airflow_batch_provider.batch.rate_limiter import SubmitRateLimiter
from tests.fakes import FakeClock


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def limiter(clock):
    return SubmitRateLimiter(now=clock.now, sleep=clock.sleep)


def test_the_first_call_does_not_wait(limiter, clock):
    limiter.wait()

    assert clock.slept == []


def test_at_most_fifty_calls_are_made_in_any_second(limiter, clock):
    calls = []
    for _ in range(200):
        limiter.wait()
        calls.append(clock.now())

    assert all(later - earlier >= 0.999 for earlier, later in zip(calls, calls[50:], strict=False))


def test_calls_that_are_slower_by_themselves_do_not_wait(limiter, clock):
    for _ in range(5):
        limiter.wait()
        clock.seconds += 0.1

    assert clock.slept == []


def test_the_calls_of_a_second_may_come_at_once(limiter, clock):
    for _ in range(50):
        limiter.wait()

    assert clock.slept == []


def test_a_pause_is_not_saved_up_for_more_than_a_seconds_calls(limiter, clock):
    limiter.wait()
    clock.seconds += 60

    for _ in range(51):
        limiter.wait()

    assert clock.slept == [pytest.approx(1)]


def test_a_throttled_call_halves_the_rate(limiter):
    limiter.on_throttled()

    assert limiter.calls_per_second == 25


def test_the_calls_after_a_throttled_one_are_further_apart(limiter, clock):
    limiter.on_throttled()

    limiter.wait()
    limiter.wait()

    assert clock.slept == [pytest.approx(0.04)]


def test_throttling_never_stops_the_calls(limiter):
    for _ in range(100):
        limiter.on_throttled()

    assert limiter.calls_per_second == 5


def test_the_rate_recovers_a_little_after_every_twenty_accepted_calls(limiter):
    limiter.on_throttled()

    rates = []
    for _ in range(40):
        limiter.on_accepted()
        rates.append(limiter.calls_per_second)

    assert rates == [25.0] * 19 + [pytest.approx(30)] * 20 + [pytest.approx(36)]


def test_a_slow_rate_recovers_after_a_seconds_worth_of_accepted_calls(limiter):
    for _ in range(100):
        limiter.on_throttled()

    rates = []
    for _ in range(6):
        limiter.on_accepted()
        rates.append(limiter.calls_per_second)

    assert rates == [5.0] * 4 + [pytest.approx(6)] * 2


def test_calls_of_which_a_third_is_throttled_for_good_keep_a_tenth_of_the_quota(limiter, clock):
    started = clock.now()

    for number in range(1000):
        limiter.wait()
        limiter.on_throttled() if number % 3 == 0 else limiter.on_accepted()

    assert clock.now() - started <= 1000 / 5


def test_a_throttled_call_starts_the_count_anew(limiter):
    limiter.on_throttled()
    for _ in range(19):
        limiter.on_accepted()

    limiter.on_throttled()
    limiter.on_accepted()

    assert limiter.calls_per_second == 12.5


def test_the_rate_never_exceeds_fifty(limiter):
    limiter.on_throttled()
    for _ in range(1000):
        limiter.on_accepted()

    assert limiter.calls_per_second == 50
