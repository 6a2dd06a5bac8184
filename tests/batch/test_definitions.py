"""Job definitions, registered by their content."""

import pytest

from airflow_batch_provider.batch.definitions import JobDefinitions
from airflow_batch_provider.batch.naming import definition_name
from airflow_batch_provider.errors import (
    AwsCallError,
    RequestError,
    SubmissionRejectedError,
    ThrottledError,
)
from tests.fakes import FakeBatchApi, aws_error, refused, server_error

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


def test_missing_definition_is_registered_under_a_name_made_from_its_content(api, definitions):
    assert definitions.ensure(WANTED) == f"{NAME}:1"

    assert api.definitions == {NAME: {1: {**WANTED, "jobDefinitionName": NAME}}}


def test_existing_definition_is_reused(api, definitions):
    definitions.ensure(WANTED)

    again = JobDefinitions(api).ensure(WANTED)

    assert again == f"{NAME}:1"
    assert list(api.definitions[NAME]) == [1]


def test_each_definition_is_looked_up_once(api, definitions):
    definitions.ensure(WANTED)
    api.errors["describe_job_definitions"] = [server_error()]

    assert definitions.ensure(WANTED) == f"{NAME}:1"


def test_deregistered_definition_is_registered_again(api, definitions):
    api.definitions[NAME] = {}

    assert definitions.ensure(WANTED) == f"{NAME}:1"


def test_later_revision_is_deregistered_in_favour_of_the_oldest(api, definitions):
    api.register_job_definition(**{**WANTED, "jobDefinitionName": NAME})
    api.unseen_definitions = 1

    assert definitions.ensure(WANTED) == f"{NAME}:1"

    assert list(api.definitions[NAME]) == [1]


def test_later_revision_that_cannot_be_deregistered_is_left(api, definitions):
    api.register_job_definition(**{**WANTED, "jobDefinitionName": NAME})
    api.unseen_definitions = 1
    api.errors["deregister_job_definition"] = [refused("not authorized", "DeregisterJobDefinition")]

    assert definitions.ensure(WANTED) == f"{NAME}:1"


@pytest.mark.parametrize("lookups", [3, 1000])
def test_new_definition_that_is_listed_late_is_returned(api, definitions, lookups):
    api.unseen_definitions = lookups

    assert definitions.ensure(WANTED) == f"{NAME}:1"


def test_rejected_definition_raises_with_aws_reason(api, definitions):
    api.errors["register_job_definition"] = [refused("no such role", "RegisterJobDefinition")]

    with pytest.raises(SubmissionRejectedError) as raised:
        definitions.ensure(WANTED)

    assert str(raised.value) == (
        f"AWS Batch rejected job definition '{NAME}': no such role (ClientException); "
        "correct the job in the workflow"
    )
    assert not raised.value.retryable


@pytest.mark.parametrize("operation", ["register_job_definition", "describe_job_definitions"])
@pytest.mark.parametrize(
    ("status", "code", "raises"),
    [
        (403, "AccessDeniedException", SubmissionRejectedError),
        (403, "ExpiredTokenException", AwsCallError),
        (429, "TooManyRequestsException", ThrottledError),
        (500, "ServerException", AwsCallError),
    ],
)
def test_failed_call_that_may_succeed_later_deserves_a_retry(
    api, definitions, operation, status, code, raises
):
    api.errors[operation] = [aws_error("RegisterJobDefinition", status, code, "no")]

    with pytest.raises(raises, match=rf"job definition '{NAME}': no \({code}\); ") as raised:
        definitions.ensure(WANTED)

    assert raised.value.retryable


def test_definitions_that_were_ensured_are_known(definitions):
    definition = definitions.ensure(WANTED)

    assert definitions.has_ensured(definition)
    assert not definitions.has_ensured(f"{NAME}:99")


def test_malformed_definition_is_not_sent(definitions):
    with pytest.raises(
        RequestError, match=r"^the RegisterJobDefinition request .* is invalid: .*Unknown parameter"
    ):
        definitions.ensure({**WANTED, "containerProperties": {"picture": "busybox"}})


def test_different_content_gives_a_different_name():
    other = {**WANTED, "containerProperties": {**CONTAINER, "image": "busybox:2"}}

    assert definition_name(other) != NAME


def test_order_of_members_does_not_change_the_name():
    assert definition_name(dict(reversed(WANTED.items()))) == NAME


@pytest.mark.parametrize("family", ["my workflow", "größe", "x" * 250, "..."])
def test_names_are_legal(family):
    name = definition_name({**WANTED, "jobDefinitionName": family})

    assert len(name) <= 128
    assert name.replace("-", "").replace("_", "").isascii()
    assert name.replace("-", "").replace("_", "").isalnum()
