"""Member names, checked against AWS's service model."""

import re

import pytest

from airflow_batch_provider.names import _FREE_KEYS, camel_case, camel_case_members, snake_case
from tests.aws_model import members_within, service_model, submit_job_request

SHAPES = [service_model().shape_for(name) for name in service_model().shape_names]
MEMBERS = sorted({name for shape in SHAPES if shape.type_name == "structure" for name in shape.members})
MAPS_OF_SUBMIT_JOB = sorted(
    name for name, shape in members_within(submit_job_request()) if shape.type_name == "map"
)


@pytest.mark.parametrize("member", MEMBERS)
def test_aws_member_survives_conversion_to_snake_case(member):
    assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]{2,})*", snake_case(member))
    assert camel_case(snake_case(member)) == member
    assert camel_case(member) == member


@pytest.mark.parametrize(
    ("camel", "snake"),
    [
        ("jobQueue", "job_queue"),
        ("sizeInGiB", "size_in_gib"),
        ("storageSizeGiB", "storage_size_gib"),
        ("ec2KeyPair", "ec2_key_pair"),
        ("privateIpv4Address", "private_ipv4_address"),
        ("containerID", "container_id"),
        ("s3filesVolumeConfiguration", "s3files_volume_configuration"),
    ],
)
def test_units_digits_and_acronyms_stay_together(camel, snake):
    assert snake_case(camel) == snake
    assert camel_case(snake) == camel


@pytest.mark.parametrize("member", MAPS_OF_SUBMIT_JOB)
def test_submit_job_map_keeps_its_keys(member):
    assert member in _FREE_KEYS


def test_nested_members_are_renamed_but_free_keys_are_not():
    members = {
        "container_overrides": {
            "resource_requirements": [{"type": "VCPU", "value": "1"}],
            "environment": [{"name": "MY_NAME", "value": "my_value"}],
        },
        "parameters": {"my_parameter": "x"},
        "tags": {"cost_center": "y"},
        "evaluate_on_exit": ({"on_exit_code": "1"},),
    }

    assert camel_case_members(members) == {
        "containerOverrides": {
            "resourceRequirements": [{"type": "VCPU", "value": "1"}],
            "environment": [{"name": "MY_NAME", "value": "my_value"}],
        },
        "parameters": {"my_parameter": "x"},
        "tags": {"cost_center": "y"},
        "evaluateOnExit": [{"onExitCode": "1"}],
    }
