"""Array indices as ranges."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_batch_provider.batch.index_ranges import format_index_ranges, parse_index_ranges


@pytest.mark.parametrize(
    ("indices", "text"),
    [
        ([], ""),
        ([4], "4"),
        ([0, 1], "0-1"),
        ([0, 1, 2, 3, 7, 9, 10], "0-3, 7, 9-10"),
        ([0, 2, 4], "0, 2, 4"),
        (list(range(10_000)), "0-9999"),
    ],
)
def test_index_ranges(indices, text):
    assert format_index_ranges(indices) == text


@settings(deadline=None)  # a slow machine is not an error
@given(st.sets(st.integers(0, 50), min_size=1))
def test_format_and_parse_are_inverse(indices):
    text = format_index_ranges(sorted(indices))

    assert list(parse_index_ranges(text)) == sorted(indices)


def test_parse_accepts_ranges_without_spaces():
    assert parse_index_ranges("3,7-9") == (3, 7, 8, 9)


def test_ranges_max_limits_the_ranges_and_counts_the_rest():
    assert format_index_ranges([0, 1, 4, 6, 8, 9, 10], ranges_max=2) == "0-1, 4, … 4 more"
