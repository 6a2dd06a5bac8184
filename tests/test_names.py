"""AWS's member names, checked against AWS's own service model."""

import pytest

from airflow_batch_provider.names import _FREE_KEYS, camel_case_members, camel_case, snake_case
from tests.aws_model import members_within, submit_job_request

MEMBERS = dict(members_within(submit_job_request()))


@pytest.mark.parametrize("member", sorted(MEMBERS))
def test_every_member_of_submit_job_survives_the_way_there_and_back(member):
    assert camel_case(snake_case(member)) == member


@pytest.mark.parametrize(
    "member", sorted(name for name, shape in MEMBERS.items() if shape.type_name == "map")
)
def test_every_map_of_submit_job_keeps_its_authors_keys(member):
    assert member in _FREE_KEYS


def test_members_that_are_camel_case_already_stay():
    assert camel_case("jobQueue") == "jobQueue"


def test_nested_members_are_renamed_and_free_keys_are_not():
    written = {
        "container_overrides": {
            "resource_requirements": [{"type": "VCPU", "value": "1"}],
            "environment": [{"name": "MY_NAME", "value": "my_value"}],
        },
        "parameters": {"my_parameter": "x"},
        "tags": {"cost_center": "y"},
        "evaluate_on_exit": ({"on_exit_code": "1"},),
    }

    assert camel_case_members(written) == {
        "containerOverrides": {
            "resourceRequirements": [{"type": "VCPU", "value": "1"}],
            "environment": [{"name": "MY_NAME", "value": "my_value"}],
        },
        "parameters": {"my_parameter": "x"},
        "tags": {"cost_center": "y"},
        "evaluateOnExit": [{"onExitCode": "1"}],
    }
