"""Section 10: definitions, parameters, overrides and the environment of containers."""

import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud import Cloud
from tests.integration.conformance.director import Director
from tests.integration.scripts import FOREVER

conformance = pytest.mark.conformance


@conformance("C10.01")
def test_every_container_finds_its_job_attempt_queue_and_environment(cloud: Cloud) -> None:
    job = cloud.run("bash", "-c", "env | grep AWS_BATCH | sort")

    assert cloud.lines(job) == [
        "AWS_BATCH_CE_NAME=ce",
        "AWS_BATCH_JOB_ATTEMPT=1",
        f"AWS_BATCH_JOB_ID={job['jobId']}",
        "AWS_BATCH_JQ_NAME=q",
    ]


@conformance("C10.04")
def test_references_are_replaced_by_parameters(stage: Cloud) -> None:
    stage.define(
        "ref", parameters={"a": "1", "b": "2"}, containerProperties={"command": ["Ref::a", "Ref::b"]}
    )

    own = stage.describe(stage.submit(jobDefinition="ref", parameters={"b": "3"}))
    override = stage.describe(stage.submit("Ref::b", jobDefinition="ref"))

    assert own["container"]["command"] == ["1", "3"]
    assert override["container"]["command"] == ["2"]


@conformance("C10.05")
def test_a_reference_without_a_value_is_refused_when_the_job_is_submitted(stage: Cloud) -> None:
    stage.define("ref", containerProperties={"command": ["Ref::nothing"]})

    with pytest.raises(ClientError, match="No parameter found for reference nothing"):
        stage.submit(jobDefinition="ref")


@conformance("C12.15")
def test_a_reference_inside_a_word_is_replaced(stage: Cloud) -> None:
    job = stage.describe(stage.submit("--x=Ref::x/y", parameters={"x": "1"}))

    assert job["container"]["command"] == ["--x=1/y"]


@conformance("C10.06")
def test_a_command_is_not_read_by_a_shell(cloud: Cloud) -> None:
    job = cloud.run("echo", "$HOME", "&&", "exit 1", "*")

    assert job["status"] == "SUCCEEDED"
    assert cloud.lines(job) == ["$HOME && exit 1 *"]


@conformance("C10.07")
def test_overrides_replace_the_command_and_are_merged_by_name_and_type(stage: Cloud) -> None:
    environment = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    stage.define("base", containerProperties={"command": ["one", "two"], "environment": environment})

    job = stage.describe(
        stage.submit(
            "three",
            jobDefinition="base",
            containerOverrides={
                "environment": [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}],
                "resourceRequirements": [{"type": "MEMORY", "value": "64"}],
            },
        )
    )

    container = job["container"]
    assert container["command"] == ["three"]
    assert {each["name"]: each["value"] for each in container["environment"]} == {
        "A": "1",
        "B": "3",
        "C": "4",
    }
    assert {each["type"]: each["value"] for each in container["resourceRequirements"]} == {
        "VCPU": "1",
        "MEMORY": "64",
    }


@conformance("C10.08")
def test_deprecated_overrides_do_not_beat_the_requirements_of_the_definition(stage: Cloud) -> None:
    container = stage.describe(stage.submit(containerOverrides={"vcpus": 8, "memory": 9999}))["container"]

    assert {each["type"]: each["value"] for each in container["resourceRequirements"]} == {
        "VCPU": "1",
        "MEMORY": "512",
    }
    assert not {"vcpus", "memory"} & container.keys()


@conformance("C10.09")
def test_a_definition_is_named_in_four_ways(stage: Cloud) -> None:
    arns = [stage.define("model") for _ in range(3)]
    stage.batch.deregister_job_definition(jobDefinition="model:3")

    def runs(name: str) -> str:
        return str(stage.describe(stage.submit(jobDefinition=name))["jobDefinition"])

    assert runs("model") == runs(arns[0].rpartition(":")[0]) == arns[1]
    assert runs("model:1") == runs(arns[0]) == arns[0]


@conformance("C10.10")
def test_an_inactive_or_unknown_definition_cannot_be_run(stage: Cloud) -> None:
    arn = stage.define("model")
    stage.batch.deregister_job_definition(jobDefinition=arn)

    for name in ("model", "model:1", arn, "model:2", "nothing"):
        with pytest.raises(ClientError, match="does not exist or is not in ACTIVE status"):
            stage.submit(jobDefinition=name)


@conformance("C10.11")
def test_deregistering_needs_a_revision_and_leaves_jobs_alone(stage: Cloud, director: Director) -> None:
    job_id = stage.submit(containerOverrides=FOREVER)
    stage.wait(job_id, "RUNNING")
    with pytest.raises(ClientError):
        stage.batch.deregister_job_definition(jobDefinition="d")

    stage.batch.deregister_job_definition(jobDefinition="d:1")
    director.end(job_id)

    (definition,) = stage.batch.describe_job_definitions(jobDefinitions=["d:1"])["jobDefinitions"]
    assert definition["status"] == "INACTIVE"
    assert stage.wait(job_id)["status"] == "SUCCEEDED"


@conformance("C10.12")
def test_revisions_begin_at_one_and_are_never_used_again(stage: Cloud) -> None:
    first = stage.define("model")
    stage.batch.deregister_job_definition(jobDefinition=first)

    answer = stage.define("model")

    assert (first.rpartition(":")[2], answer.rpartition(":")[2]) == ("1", "2")


@conformance("C10.13")
def test_definitions_are_described_by_revision_or_by_name(stage: Cloud) -> None:
    arns = [stage.define("model") for _ in range(2)]
    describe = stage.batch.describe_job_definitions

    def revisions(**request: object) -> list[int]:
        return [definition["revision"] for definition in describe(**request)["jobDefinitions"]]

    assert revisions(jobDefinitions=["model:1", arns[1]]) == [1, 2]
    assert revisions(jobDefinitions=["model"]) == []
    assert sorted(revisions(jobDefinitionName="model", status="ACTIVE")) == [1, 2]


@conformance("C10.16")
@pytest.mark.parametrize("more", [{"jobDefinitionName": "d"}, {"status": "ACTIVE"}, {"maxResults": 1}])
def test_definitions_by_revision_take_no_other_condition(stage: Cloud, more: dict[str, object]) -> None:
    with pytest.raises(ClientError) as refusal:
        stage.batch.describe_job_definitions(jobDefinitions=["d:1"], **more)

    assert refusal.value.response["Error"]["Code"] == "ClientException"


@conformance("C10.14")
@pytest.mark.parametrize(
    "properties", [{}, {"containerProperties": {}, "ecsProperties": {"taskProperties": []}}]
)
def test_a_container_definition_has_one_kind_of_properties(
    stage: Cloud, properties: dict[str, object]
) -> None:
    with pytest.raises(ClientError) as refusal:
        stage.batch.register_job_definition(jobDefinitionName="x", type="container", **properties)

    assert refusal.value.response["Error"]["Code"] == "ClientException"


@conformance("C10.15")
def test_nodes_and_pods_are_refused_as_not_supported(stage: Cloud) -> None:
    nodes = {"numNodes": 2, "mainNode": 0, "nodeRangeProperties": []}
    for kind, properties in (("multinode", {"nodeProperties": nodes}), ("container", {"eksProperties": {}})):
        with pytest.raises(ClientError, match="not supported locally"):
            stage.batch.register_job_definition(jobDefinitionName="x", type=kind, **properties)
    for override in ({"nodeOverrides": {"numNodes": 2}}, {"eksPropertiesOverride": {"podProperties": {}}}):
        with pytest.raises(ClientError, match="does not match the kind of properties"):
            stage.submit(**override)
