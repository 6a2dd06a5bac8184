"""Some children of an array, run again as a job of their own."""

import os
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_batch_provider.batch.array_subset import ArraySubset, unwrapped

REQUEST = {
    "jobName": "align",
    "jobQueue": "etl",
    "jobDefinition": "align",
    "arrayProperties": {"size": 10},
    "containerOverrides": {
        "command": ["align", "--all"],
        "environment": [{"name": "SYMBOLS", "value": "AAPL"}],
        "resourceRequirements": [{"type": "VCPU", "value": "1"}],
    },
}


def environment(request):
    return {entry["name"]: entry["value"] for entry in request["containerOverrides"]["environment"]}


def test_several_children_are_a_smaller_array_that_says_which_they_are():
    request = ArraySubset(10, (3, 7, 8, 9)).request_of(REQUEST, is_wrapped=False)

    assert request["arrayProperties"] == {"size": 4}
    assert environment(request) == {
        "SYMBOLS": "AAPL",
        "BATCH_ORIGINAL_ARRAY_SIZE": "10",
        "BATCH_ORIGINAL_ARRAY_INDICES": "3,7-9",
    }
    assert request["containerOverrides"]["command"] == ["align", "--all"]
    assert request["containerOverrides"]["resourceRequirements"] == [{"type": "VCPU", "value": "1"}]


def test_a_single_child_is_a_plain_job_that_knows_its_index():
    request = ArraySubset(10, (7,)).request_of(REQUEST, is_wrapped=False)

    assert "arrayProperties" not in request
    assert environment(request)["BATCH_ORIGINAL_ARRAY_INDEX"] == "7"


def test_the_request_of_the_whole_array_stays_as_it_is():
    ArraySubset(10, (7,)).request_of(REQUEST, is_wrapped=True)

    assert environment(REQUEST) == {"SYMBOLS": "AAPL"}
    assert REQUEST["containerOverrides"]["command"] == ["align", "--all"]


@pytest.mark.parametrize(
    ("indices", "kept"),
    [((7,), [{"jobId": "p"}]), ((7, 8), [{"jobId": "p"}, {"type": "SEQUENTIAL"}])],
)
def test_the_order_of_the_children_is_kept_while_there_are_several(indices, kept):
    depends_on = [{"jobId": "p"}, {"type": "SEQUENTIAL"}]

    request = ArraySubset(10, indices).request_of({**REQUEST, "dependsOn": depends_on}, is_wrapped=False)

    assert request["dependsOn"] == kept


def test_the_command_of_the_definition_is_wrapped_where_the_request_has_none():
    request = {**REQUEST, "containerOverrides": {}}

    wrapped = ArraySubset(10, (7,)).request_of(request, command=["own", "x"], is_wrapped=True)

    assert unwrapped(wrapped["containerOverrides"]["command"]) == ("own", "x")


def test_a_command_is_never_wrapped_twice():
    once = ArraySubset(10, (3, 7)).request_of(REQUEST, is_wrapped=True)
    command = once["containerOverrides"]["command"]

    twice = ArraySubset(10, (7,)).request_of(
        {**REQUEST, "containerOverrides": {}}, command=command, is_wrapped=True
    )

    assert twice["containerOverrides"]["command"] == command


def test_a_list_of_indices_that_is_too_long_for_the_overrides_makes_no_request():
    assert ArraySubset(10_000, tuple(range(0, 10_000, 2))).request_of(REQUEST, is_wrapped=True) is None
    assert ArraySubset(10_000, tuple(range(0, 9_999))).request_of(REQUEST, is_wrapped=True) is not None


def test_a_job_says_itself_which_children_it_is_of():
    part = ArraySubset(10, (3, 7, 8, 9))

    assert ArraySubset.of_container(part.request_of(REQUEST, is_wrapped=True)["containerOverrides"]) == part


@pytest.mark.parametrize(
    "container",
    [
        {},
        {"environment": [{"name": "SYMBOLS", "value": "AAPL"}]},
        {"environment": [{"name": "BATCH_ORIGINAL_ARRAY_INDICES", "value": "3"}]},
        {
            "environment": [
                {"name": "BATCH_ORIGINAL_ARRAY_SIZE", "value": "ten"},
                {"name": "BATCH_ORIGINAL_ARRAY_INDICES", "value": "3"},
            ]
        },
    ],
)
def test_any_other_job_is_whole(container):
    assert ArraySubset.of_container(container) is None


def test_what_fails_again_is_narrowed_to_the_indices_of_the_whole_array():
    assert ArraySubset(10, (3, 7, 8, 9)).narrowed([1, 3]) == ArraySubset(10, (7, 9))


def run_child(request, position):
    """Run a child's command as AWS Batch would, in a POSIX shell's environment."""
    batch_environment = environment(request)
    if "arrayProperties" in request:
        batch_environment["AWS_BATCH_JOB_ARRAY_INDEX"] = str(position)
        batch_environment["AWS_BATCH_JOB_ARRAY_SIZE"] = str(request["arrayProperties"]["size"])
    return subprocess.run(
        request["containerOverrides"]["command"],
        env={"PATH": os.environ["PATH"], **batch_environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def wrapped(indices, *command):
    request = {**REQUEST, "containerOverrides": {"command": list(command)}}
    return ArraySubset(10_000, indices).request_of(request, is_wrapped=True)


SHOW = (
    *("sh", "-c"),
    'echo "$AWS_BATCH_JOB_ARRAY_INDEX of $AWS_BATCH_JOB_ARRAY_SIZE, $BATCH_ORIGINAL_ARRAY_INDEX"',
)


@settings(max_examples=15, deadline=None)  # each example starts a process
@given(st.data())
def test_the_shell_gives_every_child_the_index_and_the_size_that_it_had(data):
    indices = tuple(sorted(data.draw(st.sets(st.integers(0, 9_999), min_size=1, max_size=30))))
    position = data.draw(st.integers(0, len(indices) - 1))

    child = run_child(wrapped(indices, *SHOW), position)

    assert child.stdout == f"{indices[position]} of 10000, {indices[position]}\n"


def test_the_shell_leaves_the_arguments_and_the_exit_code_alone():
    child = run_child(wrapped((3, 7), "sh", "-c", 'printf "%s|" "$@"; exit 3', "x", "a b", "$HOME", "c,d"), 1)

    assert child.stdout == "a b|$HOME|c,d|"
    assert child.returncode == 3
