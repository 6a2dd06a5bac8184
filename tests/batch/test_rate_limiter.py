"""The rate of SubmitJob calls."""

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


def test_slow_calls_do_not_wait(limiter, clock):
    for _ in range(5):
        limiter.wait()
        clock.seconds += 0.1

    assert clock.slept == []


def test_calls_of_one_second_can_be_a_burst(limiter, clock):
    for _ in range(50):
        limiter.wait()

    assert clock.slept == []


def test_idle_time_allows_at_most_one_burst(limiter, clock):
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


def test_rate_recovers_after_twenty_accepted_calls(limiter):
    limiter.on_throttled()

    rates = []
    for _ in range(40):
        limiter.on_accepted()
        rates.append(limiter.calls_per_second)

    assert rates == [25.0] * 19 + [pytest.approx(30)] * 20 + [pytest.approx(36)]


def test_slow_rate_recovers_after_one_second_of_accepted_calls(limiter):
    for _ in range(100):
        limiter.on_throttled()

    rates = []
    for _ in range(6):
        limiter.on_accepted()
        rates.append(limiter.calls_per_second)

    assert rates == [5.0] * 4 + [pytest.approx(6)] * 2


def test_rate_stays_above_a_tenth_of_the_quota_with_a_third_throttled(limiter, clock):
    started = clock.now()

    for number in range(1000):
        limiter.wait()
        limiter.on_throttled() if number % 3 == 0 else limiter.on_accepted()

    assert clock.now() - started <= 1000 / 5


def test_throttled_call_resets_the_count_of_accepted_calls(limiter):
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
