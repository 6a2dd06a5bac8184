"""The SubmitJob request of a job."""

import pytest

from airflow_batch_provider.plan.request import submit_request
from airflow_batch_provider.spec.models import Job


def request_of(**members):
    return submit_request(Job(job_queue="q", job_definition="d", **members), "w")


def test_unset_members_are_omitted():
    assert request_of() == {"jobQueue": "q", "jobDefinition": "d"}


def test_empty_parameters_are_sent_and_empty_environment_is_omitted():
    assert request_of(parameters={}, environment={}) == {
        "jobQueue": "q",
        "jobDefinition": "d",
        "parameters": {},
    }


def test_zero_and_false_are_sent():
    request = request_of(scheduling_priority_override=0, propagate_tags=False, gpus=0)

    assert request["schedulingPriorityOverride"] == 0
    assert request["propagateTags"] is False
    assert request["containerOverrides"] == {"resourceRequirements": [{"type": "GPU", "value": "0"}]}


def test_short_forms_override_full_members():
    request = request_of(
        memory="1GiB",
        environment={"B": "short"},
        command=["short"],
        attempts=2,
        container_overrides={
            "command": ["full"],
            "environment": [{"name": "A", "value": "full"}, {"name": "B", "value": "full"}],
            "resource_requirements": [{"type": "MEMORY", "value": "1"}, {"type": "VCPU", "value": "1"}],
        },
        retry_strategy={"attempts": 9, "evaluate_on_exit": []},
    )

    assert request["retryStrategy"] == {"attempts": 2, "evaluateOnExit": []}
    assert request["containerOverrides"] == {
        "command": ["short"],
        "environment": [{"name": "A", "value": "full"}, {"name": "B", "value": "short"}],
        "resourceRequirements": [{"type": "MEMORY", "value": "1024"}, {"type": "VCPU", "value": "1"}],
    }


def test_numbers_become_strings_if_aws_requires_strings():
    request = request_of(
        container_overrides={"command": ["sleep", 5], "vcpus": 2, "memory": 512},
        retry_strategy={"attempts": 3, "evaluate_on_exit": [{"on_exit_code": 137, "action": "RETRY"}]},
    )

    assert request["containerOverrides"] == {"command": ["sleep", "5"], "vcpus": 2, "memory": 512}
    assert request["retryStrategy"] == {
        "attempts": 3,
        "evaluateOnExit": [{"onExitCode": "137", "action": "RETRY"}],
    }


def test_planning_does_not_modify_spec():
    overrides = {"resource_requirements": [{"type": "VCPU", "value": "1"}]}
    job = Job(job_queue="q", job_definition="d", memory=512, container_overrides=overrides)

    first, second = submit_request(job, "w"), submit_request(job, "w")

    assert first == second
    assert overrides == {"resource_requirements": [{"type": "VCPU", "value": "1"}]}


def ecs_job(array_size, **members):
    containers = [{"name": "main", "image": "i"}, {"name": "log", "image": "l"}]
    definition = {"ecs_properties": {"task_properties": [{"containers": containers}]}}
    return submit_request(Job(job_queue="q", job_definition=definition, array_size=array_size, **members))


@pytest.mark.parametrize("array_size", [1, 10_001, "{{ params.n }}"])
def test_array_that_needs_variables_names_the_containers_of_its_ecs_definition(array_size):
    assert ecs_job(array_size)["ecsPropertiesOverride"] == {
        "taskProperties": [{"containers": [{"name": "main"}, {"name": "log"}]}]
    }


@pytest.mark.parametrize("array_size", [None, 2, 10_000])
def test_job_without_variables_overrides_no_containers(array_size):
    assert "ecsPropertiesOverride" not in ecs_job(array_size)


def test_own_override_of_containers_stays():
    own = {"task_properties": [{"containers": [{"name": "main", "command": ["x"]}]}]}

    request = ecs_job(1, ecs_properties_override=own)

    assert request["ecsPropertiesOverride"] == {
        "taskProperties": [{"containers": [{"name": "main", "command": ["x"]}]}]
    }
