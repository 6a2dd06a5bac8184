"""Job definitions that are registered by their content."""

import pytest

from airflow_batch_provider.batch.definitions import JobDefinitions
from airflow_batch_provider.batch.naming import definition_name
from airflow_batch_provider.errors import RequestError, SubmissionRejectedError
from tests.fakes import FakeBatchApi, refused, server_error

CONTAINER = {
    "image": "busybox",
    "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "512"}],
}
WANTED = {"jobDefinitionName": "nightly", "type": "container", "containerProperties": CONTAINER}
NAME = definition_name(WANTED)


@pytest.fixture
def api():
    return FakeBatchApi()


@pytest.fixture
def definitions(api):
    return JobDefinitions(api, sleep=lambda seconds: None)


def test_what_is_not_there_is_registered_under_a_name_made_of_its_content(api, definitions):
    assert definitions.ensure(WANTED) == f"{NAME}:1"

    assert api.definitions == {NAME: {1: {**WANTED, "jobDefinitionName": NAME}}}


def test_what_is_there_is_reused(api, definitions):
    definitions.ensure(WANTED)

    again = JobDefinitions(api).ensure(WANTED)

    assert again == f"{NAME}:1"
    assert list(api.definitions[NAME]) == [1]


def test_a_submission_asks_once_for_each(api, definitions):
    definitions.ensure(WANTED)
    api.errors["describe_job_definitions"] = [server_error()]

    assert definitions.ensure(WANTED) == f"{NAME}:1"


def test_one_that_was_deregistered_is_registered_again(api, definitions):
    api.definitions[NAME] = {}

    assert definitions.ensure(WANTED) == f"{NAME}:1"


def test_who_was_second_takes_the_first_ones_and_deregisters_its_own(api, definitions):
    api.register_job_definition(**{**WANTED, "jobDefinitionName": NAME})
    api.unseen_definitions = 1

    assert definitions.ensure(WANTED) == f"{NAME}:1"

    assert list(api.definitions[NAME]) == [1]


def test_a_second_one_that_cannot_be_deregistered_is_left(api, definitions):
    api.register_job_definition(**{**WANTED, "jobDefinitionName": NAME})
    api.unseen_definitions = 1
    api.errors["deregister_job_definition"] = [refused("not authorized", "DeregisterJobDefinition")]

    assert definitions.ensure(WANTED) == f"{NAME}:1"


@pytest.mark.parametrize("looks", [3, 1000])
def test_a_new_one_may_be_seen_late(api, definitions, looks):
    api.unseen_definitions = looks

    assert definitions.ensure(WANTED) == f"{NAME}:1"


def test_what_aws_refuses_is_said(api, definitions):
    api.errors["register_job_definition"] = [refused("no such role", "RegisterJobDefinition")]

    with pytest.raises(SubmissionRejectedError) as raised:
        definitions.ensure(WANTED)

    assert str(raised.value) == (
        f"AWS Batch rejected job definition '{NAME}': no such role (ClientException)"
    )


def test_what_has_not_the_form_is_said(definitions):
    with pytest.raises(
        RequestError, match=r"is not a valid RegisterJobDefinition request: .*Unknown parameter"
    ):
        definitions.ensure({**WANTED, "containerProperties": {"picture": "busybox"}})


def test_another_content_is_another_name():
    other = {**WANTED, "containerProperties": {**CONTAINER, "image": "busybox:2"}}

    assert definition_name(other) != NAME


def test_the_order_of_members_is_no_content():
    assert definition_name(dict(reversed(WANTED.items()))) == NAME


@pytest.mark.parametrize("family", ["my workflow", "größe", "x" * 250, "..."])
def test_names_are_legal(family):
    name = definition_name({**WANTED, "jobDefinitionName": family})

    assert len(name) <= 128
    assert name.replace("-", "").replace("_", "").isascii()
    assert name.replace("-", "").replace("_", "").isalnum()
