import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud import Cloud, eventually
from tests.integration.scripts import FOREVER


def vanishes(cloud: Cloud, name: str) -> None:
    eventually(lambda: not cloud.batch.describe_job_queues(jobQueues=[name])["jobQueues"], f"{name} is gone")


def test_nothing_exists_by_default(empty: Cloud) -> None:
    assert empty.batch.describe_compute_environments()["computeEnvironments"] == []
    assert empty.batch.describe_job_queues()["jobQueues"] == []
    assert empty.batch.describe_job_definitions()["jobDefinitions"] == []


def test_a_compute_environment_becomes_valid_and_is_described(empty: Cloud) -> None:
    arn = empty.environment("ce", vcpus=4)

    (environment,) = empty.batch.describe_compute_environments(computeEnvironments=["ce"])[
        "computeEnvironments"
    ]

    assert environment["computeEnvironmentArn"] == arn
    assert (environment["state"], environment["status"]) == ("ENABLED", "VALID")
    assert environment["statusReason"] == "ComputeEnvironment Healthy"
    assert environment["computeResources"]["maxvCpus"] == 4


def test_a_compute_environment_is_found_by_name_and_arn(empty: Cloud) -> None:
    arn = empty.environment("ce")

    found = empty.batch.describe_compute_environments(computeEnvironments=[arn])

    assert found["computeEnvironments"][0]["computeEnvironmentName"] == "ce"


def test_a_compute_environment_can_grow_while_jobs_wait(empty: Cloud) -> None:
    empty.queue("q", empty.environment(vcpus=1))
    empty.define()
    empty.submit(containerOverrides=FOREVER)
    waiting = empty.wait(empty.submit(containerOverrides=FOREVER), "RUNNABLE")

    empty.batch.update_compute_environment(computeEnvironment="ce", computeResources={"maxvCpus": 2})

    assert empty.wait(waiting["jobId"], "RUNNING")


def test_a_queue_is_described_with_its_order(empty: Cloud) -> None:
    second, first = empty.environment("second"), empty.environment("first")
    empty.batch.create_job_queue(
        jobQueueName="q",
        priority=5,
        computeEnvironmentOrder=[
            {"order": 20, "computeEnvironment": "second"},
            {"order": 10, "computeEnvironment": first},
        ],
    )

    (queue,) = empty.batch.describe_job_queues(jobQueues=["q"])["jobQueues"]

    assert (queue["state"], queue["status"], queue["priority"]) == ("ENABLED", "VALID", 5)
    assert queue["statusReason"] == "JobQueue Healthy"
    assert [entry["computeEnvironment"] for entry in queue["computeEnvironmentOrder"]] == [first, second]


def test_a_disabled_queue_takes_no_jobs(stage: Cloud) -> None:
    stage.batch.update_job_queue(jobQueue="q", state="DISABLED")

    with pytest.raises(ClientError, match="DISABLED"):
        stage.submit()


def test_an_unknown_queue_is_named_in_the_refusal(stage: Cloud) -> None:
    with pytest.raises(ClientError, match=r"JobQueue nowhere not found\."):
        stage.submit(jobQueue="nowhere")


def test_a_queue_must_be_disabled_before_it_is_deleted(stage: Cloud) -> None:
    with pytest.raises(ClientError, match="DISABLED"):
        stage.batch.delete_job_queue(jobQueue="q")


def test_deleting_a_queue_ends_its_jobs(stage: Cloud) -> None:
    job_id = stage.submit(containerOverrides=FOREVER)
    stage.wait(job_id, "RUNNING")
    stage.batch.update_job_queue(jobQueue="q", state="DISABLED")

    eventually(
        lambda: stage.batch.describe_job_queues(jobQueues=["q"])["jobQueues"][0]["status"] == "VALID", "VALID"
    )
    stage.batch.delete_job_queue(jobQueue="q")
    vanishes(stage, "q")

    assert stage.wait(job_id)["statusReason"] == "JobQueue deleted"


def test_a_compute_environment_of_a_queue_cannot_be_deleted(stage: Cloud) -> None:
    stage.batch.update_compute_environment(computeEnvironment="ce", state="DISABLED")

    with pytest.raises(ClientError, match="Cannot delete, found existing JobQueue relationship"):
        stage.batch.delete_compute_environment(computeEnvironment="ce")


def test_a_compute_environment_without_queues_can_be_deleted(empty: Cloud) -> None:
    empty.environment("ce")
    empty.batch.update_compute_environment(computeEnvironment="ce", state="DISABLED")

    empty.batch.delete_compute_environment(computeEnvironment="ce")

    eventually(
        lambda: not empty.batch.describe_compute_environments()["computeEnvironments"], "nothing is left"
    )


def test_revisions_grow_and_the_latest_active_one_runs(stage: Cloud) -> None:
    stage.define("model")
    second, third = stage.define("model"), stage.define("model")
    stage.batch.deregister_job_definition(jobDefinition="model:3")

    job = stage.run(jobDefinition="model")

    assert third.endswith(":job-definition/model:3")
    assert job["jobDefinition"] == second


def test_an_inactive_definition_runs_nothing(stage: Cloud) -> None:
    arn = stage.define("model")
    stage.batch.deregister_job_definition(jobDefinition=arn)

    for name in ("model", "model:1", arn):
        with pytest.raises(ClientError, match="does not exist or is not in ACTIVE status"):
            stage.submit(jobDefinition=name)


def test_definitions_are_described_by_name_and_status(stage: Cloud) -> None:
    stage.define("model", retryStrategy={"attempts": 2}, timeout={"attemptDurationSeconds": 60})
    stage.define("model")
    stage.batch.deregister_job_definition(jobDefinition="model:1")

    found = stage.batch.describe_job_definitions(jobDefinitionName="model", status="INACTIVE")

    (definition,) = found["jobDefinitions"]
    assert (definition["revision"], definition["status"], definition["type"]) == (1, "INACTIVE", "container")
    assert definition["retryStrategy"] == {"attempts": 2, "evaluateOnExit": []}
    assert definition["containerProperties"]["mountPoints"] == []


def test_definitions_page(stage: Cloud) -> None:
    for _ in range(5):
        stage.define("model")

    paginator = stage.batch.get_paginator("describe_job_definitions")
    pages = paginator.paginate(jobDefinitionName="model", PaginationConfig={"PageSize": 2})

    assert [definition["revision"] for page in pages for definition in page["jobDefinitions"]] == [
        5,
        4,
        3,
        2,
        1,
    ]


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (
            {
                "type": "multinode",
                "nodeProperties": {"numNodes": 2, "mainNode": 0, "nodeRangeProperties": []},
            },
            "nodeProperties is not supported locally",
        ),
        ({"type": "container", "eksProperties": {}}, "eksProperties is not supported locally"),
        ({"type": "container"}, "must have one of containerProperties, .* not none"),
        ({"type": "container", "containerProperties": {"image": "x"}}, r"vCPU is not provided\."),
        ({"type": "container", "containerProperties": {"image": "x", "vcpus": 1, "memory": 3}}, "4 MiB"),
        (
            {
                "type": "container",
                "containerProperties": {"image": "x", "vcpus": 1, "memory": 512},
                "retryStrategy": {"attempts": 11},
            },
            "1 to 10",
        ),
        (
            {
                "type": "container",
                "containerProperties": {"image": "x", "vcpus": 1, "memory": 512},
                "timeout": {"attemptDurationSeconds": 59},
            },
            "minimum is 60",
        ),
        (
            {"type": "container", "containerProperties": {"image": "x" * 25_000, "vcpus": 1, "memory": 512}},
            "24576",
        ),
    ],
)
def test_an_invalid_definition_is_rejected(empty: Cloud, request_: dict[str, object], message: str) -> None:
    with pytest.raises(ClientError, match=message) as refusal:
        empty.batch.register_job_definition(jobDefinitionName="d", **request_)

    assert refusal.value.response["Error"]["Code"] == "ClientException"


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"jobName": "a b"}, "Job name should match valid pattern"),
        ({"jobName": "-a"}, "Job name should match valid pattern"),
        ({"jobDefinition": "d:latest"}, "Provided name d:latest is not supported pattern"),
        ({"arrayProperties": {"size": 1}}, "2 to 10000"),
        ({"arrayProperties": {"size": 10_001}}, "2 to 10000"),
        ({"dependsOn": [{}]}, "SEQUENTIAL"),
        ({"dependsOn": [{"type": "SEQUENTIAL"}]}, "array job"),
        ({"dependsOn": [{"jobId": "x"}] * 21}, "Job cannot have more than 20 dependencies"),
        ({"retryStrategy": {"attempts": 0}}, "1 to 10"),
        ({"retryStrategy": {"evaluateOnExit": []}}, "RetryAttempts must be provided with retry strategy"),
        ({"timeout": {"attemptDurationSeconds": 59}}, "minimum is 60"),
        ({"containerOverrides": {"environment": [{"name": "AWS_BATCH_X", "value": "1"}]}}, "AWS_BATCH"),
        ({"containerOverrides": {"command": [""]}}, "Command cannot be empty"),
        ({"parameters": {"long": "x" * 31_000}}, "Job size must be less than 30 KiB, got 31 KiB"),
        ({"shareIdentifier": "a"}, "can onlybe submitted to job queue with fair share"),
        ({"tags": {f"key-{number}": "" for number in range(51)}}, "50"),
        ({"tags": {"aws:reserved": "1"}}, "aws:"),
    ],
)
def test_an_invalid_submission_is_rejected(stage: Cloud, request_: dict[str, object], message: str) -> None:
    with pytest.raises(ClientError, match=message) as refusal:
        stage.submit(**request_)

    assert refusal.value.response["Error"]["Code"] == "ClientException"
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
