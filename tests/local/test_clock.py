import pytest

from airflow_batch_provider.local.clock import Clock


def test_the_clock_advances_by_the_given_time() -> None:
    clock = Clock()
    before = clock.now()

    clock.advance(3_600_000)

    assert clock.offset_ms == 3_600_000
    assert clock.now() - before >= 3_600_000


def test_the_clock_never_goes_back() -> None:
    with pytest.raises(ValueError, match="cannot go back"):
        Clock().advance(-1)
