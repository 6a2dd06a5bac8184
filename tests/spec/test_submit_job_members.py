"""Every member in botocore's model of SubmitJob can be set in a spec."""

import pytest

from airflow_batch_provider.batch.request import JOB_LABEL, complete_request
from airflow_batch_provider.names import snake_case
from airflow_batch_provider.spec.language.known_keys import allowed_keys
from airflow_batch_provider.spec.models import Job
from airflow_batch_provider.spec.requests.submission import submit_request
from tests.aws_model import submit_job_request, what_is_wrong_with

GENERATED = {"dependsOn", "jobName"}
"""The provider generates these from `depends_on` and `job_label`."""

FULL = {
    "jobQueue": "q",
    "jobDefinition": "d",
    "shareIdentifier": "s",
    "schedulingPriorityOverride": 1,
    "arrayProperties": {"size": 2},
    "parameters": {"Free_Key": "v"},
    "containerOverrides": {
        "command": ["c"],
        "instance_type": "m5.large",
        "environment": [{"name": "A_b", "value": "v"}],
        "resource_requirements": [{"type": "VCPU", "value": "1"}],
    },
    "nodeOverrides": {
        "num_nodes": 2,
        "node_property_overrides": [{"target_nodes": "0:", "container_overrides": {"command": ["c"]}}],
    },
    "retryStrategy": {
        "attempts": 2,
        "evaluate_on_exit": [
            {"action": "RETRY", "on_status_reason": "Host EC2*", "on_reason": "*", "on_exit_code": "1"}
        ],
    },
    "propagateTags": True,
    "timeout": {"attempt_duration_seconds": 60},
    "tags": {"Free_Key": "v"},
    "eksPropertiesOverride": {
        "pod_properties": {
            "containers": [{"name": "n", "resources": {"limits": {"nvidia.com/gpu_x": "1"}}}],
            "metadata": {"labels": {"a_b": "c"}, "namespace": "n"},
        }
    },
    "ecsPropertiesOverride": {
        "task_properties": [{"containers": [{"name": "n", "environment": [{"name": "A", "value": "v"}]}]}]
    },
    "consumableResourcePropertiesOverride": {
        "consumable_resource_list": [{"consumable_resource": "license", "quantity": 1}]
    },
}
SHORT = {
    "arrayProperties": {"array_size": 2},
    "timeout": {"timeout": "1m"},
    "retryStrategy": {"attempts": 2},
    "containerOverrides": {"command": ["c"], "environment": {"A": "v"}, "vcpus": 1, "memory": 4, "gpus": 0},
}


def test_language_has_every_member_of_submit_job():
    members = set(submit_job_request().members)

    assert members == set(FULL) | GENERATED


@pytest.mark.parametrize("member", FULL)
def test_full_member_is_sent_as_in_the_api(member):
    job = Job.model_validate({"job_queue": "q", "job_definition": "d", snake_case(member): FULL[member]})

    request = submit_request(job)

    assert member in request
    assert what_is_wrong_with({"jobName": "n", **request}) == ""


@pytest.mark.parametrize("member", SHORT)
def test_short_form_is_sent_as_its_member(member):
    request = submit_request(Job.model_validate({"job_queue": "q", "job_definition": "d", **SHORT[member]}))

    assert member in request
    assert what_is_wrong_with({"jobName": "n", **request}) == ""


def test_jobs_can_have_dependencies():
    assert "depends_on" in allowed_keys(("jobs", "a"))


def test_job_label_is_kept_until_the_job_has_a_name():
    request = submit_request(Job.model_validate({"job_queue": "q", "job_definition": "d", "job_label": "n"}))

    assert request[JOB_LABEL] == "n"
    assert complete_request(request, job_key="a", job_name="w-a", depends_on=[])["jobName"] == "w-a-n"
