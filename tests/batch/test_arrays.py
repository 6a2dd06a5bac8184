"""Arrays of any size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_batch_provider.batch.arrays import ArraySlice, slices, with_slice

REQUEST = {"jobQueue": "q", "arrayProperties": {"size": 25000}}


@pytest.mark.parametrize(
    ("size", "sizes"),
    [
        (1, [1]),
        (2, [2]),
        (10_000, [10_000]),
        (10_001, [5_000, 5_001]),
        (25_000, [8_333, 8_333, 8_334]),
        (1_000_000, [10_000] * 100),
    ],
)
def test_an_array_is_cut_into_as_few_jobs_as_can_be(size, sizes):
    assert [part.size for part in slices(size)] == sizes


@given(st.integers(1, 1_000_000))
def test_the_pieces_are_the_whole_array_and_each_is_one_that_batch_takes(size):
    parts = slices(size)

    assert all(part.size <= 10_000 for part in parts)
    assert size == 1 or all(part.size >= 2 for part in parts)
    assert [part.offset for part in parts] == [
        sum(other.size for other in parts[:place]) for place in range(len(parts))
    ]
    assert sum(part.size for part in parts) == size


def test_a_piece_is_told_where_it_begins():
    request = with_slice(REQUEST, ArraySlice(8_333, 8_333, 25_000))

    assert request == {
        "jobQueue": "q",
        "arrayProperties": {"size": 8_333},
        "containerOverrides": {
            "environment": [
                {"name": "BATCH_ARRAY_OFFSET", "value": "8333"},
                {"name": "BATCH_ARRAY_SIZE", "value": "25000"},
            ]
        },
    }


def test_an_array_that_is_one_job_stays_as_it_is():
    assert with_slice({"arrayProperties": {"size": 5}}, ArraySlice(0, 5, 5)) == {
        "arrayProperties": {"size": 5}
    }


def test_the_authors_own_variables_are_kept():
    request = {"containerOverrides": {"environment": [{"name": "A", "value": "1"}]}}

    environment = with_slice(request, ArraySlice(0, 1, 1))["containerOverrides"]["environment"]

    assert environment[0] == {"name": "A", "value": "1"}
    assert request == {"containerOverrides": {"environment": [{"name": "A", "value": "1"}]}}


def test_every_container_of_a_task_is_told():
    containers = [{"name": "main", "environment": [{"name": "A", "value": "1"}]}, {"name": "side"}]
    request = {"ecsPropertiesOverride": {"taskProperties": [{"containers": containers}]}}

    (task,) = with_slice(request, ArraySlice(0, 1, 1))["ecsPropertiesOverride"]["taskProperties"]

    names = [[entry["name"] for entry in container["environment"]] for container in task["containers"]]
    assert names == [
        ["A", "BATCH_ARRAY_OFFSET", "BATCH_ARRAY_SIZE"],
        ["BATCH_ARRAY_OFFSET", "BATCH_ARRAY_SIZE"],
    ]


def test_every_container_of_a_pod_is_told():
    request = {"eksPropertiesOverride": {"podProperties": {"containers": [{"name": "main"}]}}}

    pod = with_slice(request, ArraySlice(0, 1, 1))["eksPropertiesOverride"]["podProperties"]

    assert [entry["name"] for entry in pod["containers"][0]["env"]] == [
        "BATCH_ARRAY_OFFSET",
        "BATCH_ARRAY_SIZE",
    ]
