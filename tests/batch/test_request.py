"""Requests whose templates are rendered."""

import pytest

from airflow_batch_provider.batch.request import JobDependency, complete_request
from airflow_batch_provider.errors import RequestError
from tests.aws_model import what_is_wrong_with


def complete(rendered, depends_on=()):
    return complete_request(rendered, job_key="align", job_name="w-align", depends_on=depends_on)


def test_rendered_texts_become_the_numbers_that_aws_wants():
    request = complete(
        {
            "jobQueue": "q",
            "jobDefinition": "d",
            "arrayProperties": {"size": "5"},
            "retryStrategy": {"attempts": " 2 ", "evaluateOnExit": []},
            "schedulingPriorityOverride": "7",
            "timeout": {"attemptDurationSeconds": "1h"},
            "containerOverrides": {
                "command": ["x"],
                "resourceRequirements": [
                    {"type": "MEMORY", "value": "2GiB"},
                    {"type": "VCPU", "value": "0.5"},
                ],
            },
        }
    )

    assert request == {
        "jobName": "w-align",
        "jobQueue": "q",
        "jobDefinition": "d",
        "arrayProperties": {"size": 5},
        "retryStrategy": {"attempts": 2, "evaluateOnExit": []},
        "schedulingPriorityOverride": 7,
        "timeout": {"attemptDurationSeconds": 3600},
        "containerOverrides": {
            "command": ["x"],
            "resourceRequirements": [{"type": "MEMORY", "value": "2048"}, {"type": "VCPU", "value": "0.5"}],
        },
    }
    assert what_is_wrong_with(request) == ""


def test_nothing_is_added_but_the_name():
    assert complete({"jobQueue": "q"}) == {"jobQueue": "q", "jobName": "w-align"}


def test_what_was_rendered_is_not_changed():
    rendered = {"arrayProperties": {"size": "5"}, "timeout": {"attemptDurationSeconds": "60"}}

    complete(rendered)

    assert rendered == {"arrayProperties": {"size": "5"}, "timeout": {"attemptDurationSeconds": "60"}}


def test_dependencies_have_aws_form():
    request = complete(
        {}, [JobDependency("1"), JobDependency("2", "N_TO_N"), JobDependency(type="SEQUENTIAL")]
    )

    assert request["dependsOn"] == [{"jobId": "1"}, {"jobId": "2", "type": "N_TO_N"}, {"type": "SEQUENTIAL"}]


def test_an_array_of_one_child_is_a_plain_job_that_is_told_its_place():
    request = complete(
        {"arrayProperties": {"size": "1"}},
        [JobDependency("1", "N_TO_N"), JobDependency(type="SEQUENTIAL"), JobDependency("2")],
    )

    assert "arrayProperties" not in request
    assert request["dependsOn"] == [{"jobId": "1"}, {"jobId": "2"}]
    assert request["containerOverrides"]["environment"] == [
        {"name": "BATCH_ARRAY_OFFSET", "value": "0"},
        {"name": "BATCH_ARRAY_SIZE", "value": "1"},
    ]


@pytest.mark.parametrize(
    ("rendered", "text"),
    [
        (
            {"arrayProperties": {"size": "many"}},
            "job 'align': array_size is 'many', which is not an integer",
        ),
        ({"arrayProperties": {"size": ""}}, "job 'align': array_size is '', which is not an integer"),
        (
            {"arrayProperties": {"size": 2.5}},
            "job 'align': array_size is 2.5, which is not an integer",
        ),
        ({"arrayProperties": {}}, "job 'align': array_size is None, which is not an integer"),
        (
            {"arrayProperties": {"size": "0"}},
            "job 'align': array_size is 0. A size from a template must be between 1 and 10,000; "
            "write a larger size as a number in the spec, and the array is split into several array jobs",
        ),
        (
            {"arrayProperties": {"size": 10001}},
            "job 'align': array_size is 10,001. A size from a template must be between 1 and 10,000; "
            "write a larger size as a number in the spec, and the array is split into several array jobs",
        ),
        ({"retryStrategy": {"attempts": "11"}}, "job 'align': attempts is 11; AWS Batch accepts 1 to 10"),
        (
            {"schedulingPriorityOverride": "10000"},
            "job 'align': scheduling_priority_override is 10,000; AWS Batch accepts 0 to 9,999",
        ),
        (
            {"timeout": {"attemptDurationSeconds": "59"}},
            "job 'align': timeout is 59; AWS Batch requires at least 60",
        ),
        (
            {"timeout": {"attemptDurationSeconds": "soon"}},
            "job 'align': timeout: 'soon' is not a duration; "
            "write seconds or a value such as '90s', '30m' or '1h30m'",
        ),
        (
            {"containerOverrides": {"resourceRequirements": [{"type": "MEMORY", "value": "much"}]}},
            "job 'align': memory: 'much' is not an amount of memory; "
            "write MiB or a value such as '512MiB' or '2GiB'",
        ),
    ],
)
def test_what_a_template_must_not_become(rendered, text):
    with pytest.raises(RequestError) as raised:
        complete(rendered)

    assert str(raised.value) == text
    assert not raised.value.retryable


def test_more_than_20_dependencies_are_refused_before_the_call():
    depends_on = [JobDependency(str(number)) for number in range(21)]

    with pytest.raises(RequestError, match="job 'align' depends on 21 jobs; AWS Batch accepts at most 20"):
        complete({}, depends_on)


def of_members(**members):
    return complete({"jobQueue": "q", "jobDefinition": "d", **members})


def test_a_request_of_more_than_30_kib_is_refused_with_its_largest_field():
    with pytest.raises(RequestError) as raised:
        of_members(parameters={"short": "x", "keys": "k" * 31_000})

    assert str(raised.value) == (
        "job 'align': the request is 31,103 bytes long; AWS Batch accepts at most 30,720. "
        "The largest part is parameters.keys with 31,002 bytes; store it in S3 and pass its key"
    )


def test_overrides_of_more_than_8192_characters_are_refused_with_their_largest_field():
    environment = [{"name": "A", "value": "x"}, {"name": "SYMBOLS", "value": "s" * 9_000}]

    with pytest.raises(RequestError) as raised:
        of_members(containerOverrides={"command": ["run"], "environment": environment})

    assert str(raised.value) == (
        "job 'align': containerOverrides are 9,090 characters long; a job with more than 8,192 fails when it "
        "starts. The largest part is environment.SYMBOLS with 9,002 characters; store it in S3 and pass "
        "its key"
    )


def test_a_request_just_within_the_limits_is_complete():
    overrides = {"environment": [{"name": "A", "value": "x" * 8_100}]}

    request = of_members(containerOverrides=overrides, parameters={"keys": "k" * 20_000})

    assert request["containerOverrides"] == overrides
