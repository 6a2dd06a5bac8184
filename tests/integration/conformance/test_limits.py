"""Section 4: limits."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud import Cloud, eventually
from tests.integration.conformance.director import Director
from tests.integration.wire import send

conformance = pytest.mark.conformance
DAY = 24 * 3600


def refused(call: Callable[..., Any], **request: Any) -> bool:
    """Assert that a call is rejected with a ``ClientException``."""
    with pytest.raises(ClientError) as refusal:
        call(**request)
    answer = refusal.value.response
    return bool(answer["Error"]["Code"] == "ClientException") and (
        answer["ResponseMetadata"]["HTTPStatusCode"] == 400
    )


@conformance("C4.01")
def test_a_region_has_at_most_fifty_queues(stage: Cloud) -> None:
    for number in range(49):
        stage.queue(f"q{number}", "ce")

    assert refused(stage.queue, name="one-more")


@conformance("C4.01")
def test_a_region_has_at_most_fifty_compute_environments(stage: Cloud) -> None:
    for number in range(49):
        stage.environment(f"ce{number}")

    assert refused(stage.environment, name="one-more")


@conformance("C4.02")
def test_a_queue_has_at_most_three_compute_environments(stage: Cloud) -> None:
    names = [stage.environment(f"ce{number}") for number in range(4)]
    stage.queue("three", *names[:3])

    order = [{"order": number, "computeEnvironment": name} for number, name in enumerate(names)]
    assert refused(
        stage.batch.create_job_queue, jobQueueName="four", priority=1, computeEnvironmentOrder=order
    )


@conformance("C4.03")
def test_a_definition_has_at_most_24_kib(stage: Cloud) -> None:
    stage.define("large", parameters={"x": "y" * 24_000})

    assert refused(stage.define, name="too-large", parameters={"x": "y" * 24 * 1024})


@conformance("C4.04", "C12.07")
def test_a_submission_has_at_most_30_kib(stage: Cloud) -> None:
    stage.submit(parameters={"x": "y" * 30_300})

    assert refused(stage.submit, parameters={"x": "y" * 30 * 1024})


@conformance("C4.05")
def test_a_hundred_jobs_are_described_at_once(stage: Cloud) -> None:
    job_ids = [stage.submit() for _ in range(100)]

    assert len(stage.batch.describe_jobs(jobs=job_ids)["jobs"]) == 100
    assert refused(stage.batch.describe_jobs, jobs=[*job_ids, "one more"])


@conformance("C4.06")
@pytest.mark.parametrize(
    ("operation", "member"),
    [
        ("describe_compute_environments", "computeEnvironments"),
        ("describe_job_queues", "jobQueues"),
        ("describe_job_definitions", "jobDefinitions"),
    ],
)
def test_a_hundred_resources_are_described_at_once(stage: Cloud, operation: str, member: str) -> None:
    describe = getattr(stage.batch, operation)

    assert describe(**{member: [f"n{number}:1" for number in range(100)]})[member] == []
    assert refused(describe, **{member: [f"n{number}:1" for number in range(101)]})


@conformance("C4.07")
def test_a_page_of_resources_holds_at_most_a_hundred(stage: Cloud) -> None:
    for _ in range(101):
        stage.define("model")

    page = stage.batch.describe_job_definitions(jobDefinitionName="model", maxResults=1000)
    rest = stage.batch.describe_job_definitions(jobDefinitionName="model", nextToken=page["nextToken"])

    assert [len(each["jobDefinitions"]) for each in (page, rest)] == [100, 1]
    assert rest.get("nextToken") is None


@conformance("C4.09")
@pytest.mark.parametrize("name", ["a" * 129, "a b", "a.b", "-a", "_a", ""])
def test_a_job_name_has_128_characters_and_begins_with_a_letter_or_digit(stage: Cloud, name: str) -> None:
    assert refused(stage.submit, jobName=name)


@conformance("C4.10")
@pytest.mark.parametrize("name", ["a" * 129, "a b", "a.b", "-a", "_a", ""])
def test_names_have_128_characters(stage: Cloud, name: str) -> None:
    longest = "a" * 128
    stage.queue(longest, stage.environment(longest))
    stage.define(longest)
    assert stage.run(jobName=longest, jobQueue=longest, jobDefinition=longest)["status"] == "SUCCEEDED"

    assert refused(stage.environment, name=name)
    assert refused(stage.define, name=name)
    order = [{"order": 1, "computeEnvironment": "ce"}]
    create = stage.batch.create_job_queue
    assert refused(create, jobQueueName=name, priority=1, computeEnvironmentOrder=order)


@conformance("C4.11")
@pytest.mark.parametrize(
    "tags",
    [
        {f"key-{number}": "" for number in range(51)},
        {"k" * 129: ""},
        {"key": "v" * 257},
        {"aws:key": ""},
        {"k*": ""},
        {"key": "a,b"},
    ],
)
def test_tags_have_limits(stage: Cloud, tags: dict[str, str]) -> None:
    assert refused(stage.submit, tags=tags)
    assert refused(stage.define, tags=tags)


@conformance("C4.11")
def test_tags_within_the_limits_are_kept(stage: Cloud) -> None:
    signs = "ä 1+-=._:/@"
    tags = {"k" * 128: "v" * 256, signs: signs, **{f"key-{number}": "" for number in range(48)}}

    assert stage.describe(stage.submit(tags=tags))["tags"] == tags


@conformance("C4.12", "C12.08")
def test_variables_of_aws_batch_cannot_be_set(stage: Cloud) -> None:
    environment = [{"name": "AWS_BATCH_JOB_ID", "value": "1"}]

    assert refused(stage.submit, containerOverrides={"environment": environment})
    assert refused(stage.define, containerProperties={"environment": environment})


@conformance("C4.13")
def test_a_command_has_no_empty_words(stage: Cloud) -> None:
    assert refused(stage.submit, containerOverrides={"command": ["echo", ""]})
    assert refused(stage.define, containerProperties={"command": ["echo", ""]})


@conformance("C4.43")
@pytest.mark.parametrize(
    "variable", [{"name": "", "value": "x"}, {"value": "x"}, {"name": "A=B", "value": "x"}]
)
def test_a_variable_has_a_name_without_an_equals_sign(stage: Cloud, variable: dict[str, str]) -> None:
    assert refused(stage.submit, containerOverrides={"environment": [variable]})
    assert refused(stage.define, containerProperties={"environment": [variable]})


@conformance("C4.14")
@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("MEMORY", "3"),
        ("MEMORY", "x"),
        ("MEMORY", "512.5"),
        ("VCPU", "0"),
        ("VCPU", "0.5"),
        ("VCPU", "-1"),
        ("GPU", "0.5"),
    ],
)
def test_a_container_needs_a_vcpu_and_4_mib(stage: Cloud, kind: str, value: str) -> None:
    requirements = {"VCPU": "1", "MEMORY": "4"}
    stage.define("least", containerProperties=_requiring(requirements))

    assert refused(stage.define, containerProperties=_requiring({**requirements, kind: value}))
    override = {"resourceRequirements": [{"type": kind, "value": value}]}
    assert refused(stage.submit, containerOverrides=override)


def _requiring(requirements: dict[str, str]) -> dict[str, list[dict[str, str]]]:
    return {"resourceRequirements": [{"type": kind, "value": value} for kind, value in requirements.items()]}


@conformance("C4.15")
def test_five_exit_rules_are_the_most(stage: Cloud) -> None:
    rules = [{"onExitCode": str(number), "action": "RETRY"} for number in range(6)]
    stage.submit(retryStrategy={"attempts": 2, "evaluateOnExit": rules[:5]})

    assert refused(stage.submit, retryStrategy={"attempts": 2, "evaluateOnExit": rules})


@conformance("C4.17")
def test_a_job_that_has_ended_is_kept_for_seven_days(stage: Cloud, director: Director) -> None:
    job_id = stage.run()["jobId"]

    director.pass_seconds(7 * DAY - 60)
    before = stage.batch.describe_jobs(jobs=[job_id])["jobs"]
    director.pass_seconds(120)
    stage.run()

    assert [job["jobId"] for job in before] == [job_id]
    assert stage.batch.describe_jobs(jobs=[job_id])["jobs"] == []


@conformance("C4.20")
def test_parameters_are_texts_of_any_number(stage: Cloud) -> None:
    many = {f"p{number}": str(number) for number in range(1000)}

    assert stage.describe(stage.submit(parameters=many))["parameters"] == many
    request = {"jobName": "job", "jobQueue": "q", "jobDefinition": "d", "parameters": {"a": 1}}
    scope = f"any/20260101/{stage.region}/batch/aws4_request"
    headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"}
    reply = send(stage.url, "POST", "/v1/submitjob", json.dumps(request).encode(), headers)
    assert (reply.status, reply.headers["x-amzn-errortype"]) == (400, "ClientException")


@conformance("C4.18")
def test_an_image_has_255_characters(stage: Cloud) -> None:
    stage.define("longest", containerProperties={"image": "x" * 255})

    assert refused(stage.define, containerProperties={"image": "x" * 256})


@conformance("C4.19")
def test_an_inactive_definition_is_kept_for_180_days(stage: Cloud, director: Director) -> None:
    stage.define("old")
    stage.batch.deregister_job_definition(jobDefinition="old:1")

    def revisions() -> list[int]:
        found = stage.batch.describe_job_definitions(jobDefinitionName="old")["jobDefinitions"]
        return [definition["revision"] for definition in found]

    director.pass_seconds(179 * DAY)
    before = revisions()
    director.pass_seconds(2 * DAY)

    assert (before, revisions()) == ([1], [])
    assert stage.define("old").endswith(":2")


@conformance("C4.21")
def test_submissions_above_the_rate_are_throttled(stage: Cloud, director: Director) -> None:
    rate = 5
    director.inject_fault(operation="SubmitJob", kind="throttle", rate=rate, times=None)

    accepted: list[str] = []
    with pytest.raises(ClientError) as refusal:
        submit_many(stage, accepted)

    assert len(accepted) >= rate
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert refusal.value.response["Error"]["Code"] == "TooManyRequestsException"
    eventually(lambda: is_accepted(stage), "the rate allows a job again")


def submit_many(stage: Cloud, accepted: list[str]) -> None:
    for _ in range(1000):
        accepted.append(stage.submit())


def is_accepted(stage: Cloud) -> bool:
    """Return whether a submission is accepted."""
    try:
        return bool(stage.submit())
    except ClientError:
        return False
