from typing import Any

import pytest

from airflow_batch_provider.local.errors import ClientException
from airflow_batch_provider.local.service_model import load_service_model
from airflow_batch_provider.local.shapes import check_input, serializer_for

MODEL = load_service_model()


def check(operation: str, params: Any) -> Any:
    shape = MODEL.input_shape(operation)
    assert shape is not None
    return check_input(shape, params, operation)


@pytest.mark.parametrize(
    ("operation", "params", "message"),
    [
        ("CancelJob", {"jobId": "a"}, "Missing required member 'reason' in CancelJob."),
        ("CancelJob", {"jobId": "a", "reason": None}, "Missing required member 'reason' in CancelJob."),
        ("CancelJob", {"jobId": 1, "reason": "b"}, "CancelJob.jobId must be a string, not a number."),
        ("DescribeJobs", {"jobs": ["a", {}]}, "DescribeJobs.jobs[1] must be a string, not an object."),
        ("ListJobs", {"maxResults": True}, "ListJobs.maxResults must be an integer, not a boolean."),
        ("ListJobs", {"maxResults": 1.5}, "ListJobs.maxResults must be an integer, not a number."),
        ("ListJobs", {"maxResults": 1 << 31}, "ListJobs.maxResults is 2147483648, which does not fit into"),
        ("ListJobs", {"jobStatus": "DONE"}, "ListJobs.jobStatus is 'DONE'; it must be one of SUBMITTED,"),
        ("UntagResource", {"resourceArn": "a", "tagKeys": []}, "UntagResource.tagKeys has 0 entries"),
    ],
)
def test_a_refusal_names_the_place_and_the_fault(operation: str, params: Any, message: str) -> None:
    with pytest.raises(ClientException) as refusal:
        check(operation, params)

    assert refusal.value.message.startswith(message)


def test_the_action_of_an_exit_rule_may_have_any_case() -> None:
    strategy = {"attempts": 2, "evaluateOnExit": [{"action": "Retry"}]}
    params = {"jobName": "a", "jobQueue": "b", "jobDefinition": "c", "retryStrategy": strategy}

    assert check("SubmitJob", params)["retryStrategy"] == strategy


def test_nulls_are_removed_from_the_input() -> None:
    assert check("ListJobs", {"jobQueue": "q", "nextToken": None}) == {"jobQueue": "q"}


def test_nulls_are_left_out_of_answers_at_any_depth() -> None:
    shape = MODEL.output_shape("ListJobs")
    assert shape is not None
    answer = {
        "jobSummaryList": [{"jobId": "a", "container": {"exitCode": 0, "reason": None}}],
        "nextToken": None,
    }

    assert serializer_for(shape)(answer) == {"jobSummaryList": [{"jobId": "a", "container": {"exitCode": 0}}]}


def test_an_answer_with_a_member_that_the_model_does_not_know_is_a_mistake() -> None:
    shape = MODEL.output_shape("ListJobs")
    assert shape is not None

    with pytest.raises(KeyError):
        serializer_for(shape)({"jobSummaryList": [{"state": "x"}]})
