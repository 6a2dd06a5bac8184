import pytest

from airflow_batch_provider.local.clock import Clock


def test_time_moves_forward_by_what_it_is_told() -> None:
    clock = Clock()
    before = clock.now()

    clock.move_forward(3_600_000)

    assert clock.offset_ms == 3_600_000
    assert clock.now() - before >= 3_600_000


def test_time_never_runs_backwards() -> None:
    with pytest.raises(ValueError, match="forward only"):
        Clock().move_forward(-1)
