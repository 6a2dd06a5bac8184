"""Parsing of durations and memory sizes."""

import pytest

from airflow_batch_provider.units import mebibytes, seconds


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (90, 90),
        ("90", 90),
        (" 45s ", 45),
        ("30m", 1800),
        ("2h", 7200),
        ("1h30m", 5400),
        ("1d", 86_400),
        ("1d2h3m4s", 93_784),
        ("0", 0),
    ],
)
def test_duration_in_seconds(value, expected):
    assert seconds(value) == expected


@pytest.mark.parametrize("value", ["", " ", "h", "-5", "1.5h", "90 seconds", "30m1h", "2H", "1:30", "None"])
def test_invalid_duration(value):
    with pytest.raises(ValueError, match=r"is not a duration; write seconds or a value such as '90s'"):
        seconds(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (512, 512),
        ("512", 512),
        ("512MiB", 512),
        ("512 MiB", 512),
        ("2GiB", 2048),
        ("0.5GiB", 512),
        ("1.5", 2),
    ],
)
def test_memory_in_mebibytes(value, expected):
    assert mebibytes(value) == expected


@pytest.mark.parametrize("value", ["", "lots", "-1", "1e3", "2TiB"])
def test_invalid_amount_of_memory(value):
    with pytest.raises(
        ValueError, match=r"is not an amount of memory; write MiB or a value such as '512MiB'"
    ):
        mebibytes(value)


@pytest.mark.parametrize(
    ("value", "instead"),
    [
        ("512MB", "512MiB"),
        ("512M", "512MiB"),
        ("2Gi", "2GiB"),
        ("1.5 GB", "1.5GiB"),
        ("512 mib", "512MiB"),
        ("2g", "2GiB"),
    ],
)
def test_memory_in_another_unit_is_rejected(value, instead):
    with pytest.raises(ValueError, match=f"is not an amount of memory; .* write '{instead}'"):
        mebibytes(value)
