"""AWS's camelCase and snake_case, wherever AWS's names can stand."""

import json

import pytest

from airflow_batch_provider.plan.planner import plan_workflow
from airflow_batch_provider.plan.requests_as_json import plan_as_json
from airflow_batch_provider.plan.resources import desired_resources, owned_resources
from airflow_batch_provider.spec.diagnostics import InvalidSpecError
from airflow_batch_provider.spec.language.aws_names import in_own_names
from airflow_batch_provider.spec.loader import parse_workflow
from airflow_batch_provider.spec.models import Job, Resources, Workflow
from airflow_batch_provider.spec.requests.definition import definition_request
from airflow_batch_provider.spec.requests.submission import submit_request
from tests.aws_model import service_model, submit_job_request, what_is_wrong_with

DESCRIBED = {
    "type": "container",
    "parameters": {},
    "tags": {"Free_Key": "x"},
    "platformCapabilities": ["FARGATE"],
    "propagateTags": False,
    "schedulingPriority": 5,
    "retryStrategy": {"attempts": 1, "evaluateOnExit": []},
    "timeout": {"attemptDurationSeconds": 100},
    "containerProperties": {
        "image": "busybox",
        "command": ["true"],
        "jobRoleArn": "arn:aws:iam::123456789012:role/j",
        "executionRoleArn": "arn:aws:iam::123456789012:role/e",
        "volumes": [],
        "environment": [{"name": "Some_Name", "value": "v"}],
        "mountPoints": [],
        "ulimits": [],
        "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "2048"}],
        "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "g"}, "secretOptions": []},
        "secrets": [{"name": "S", "valueFrom": "arn:aws:ssm:us-east-1:123456789012:parameter/s"}],
        "networkConfiguration": {"assignPublicIp": "ENABLED"},
        "fargatePlatformConfiguration": {"platformVersion": "LATEST"},
        "ephemeralStorage": {"sizeInGiB": 50},
    },
}
"""A job definition as DescribeJobDefinitions returns it, without what AWS Batch sets."""


def spec_with(job, **top):
    return json.dumps({"workflow": "w", "jobs": {"a": job}, **top})


def findings_of(text, file="w.yaml"):
    with pytest.raises(InvalidSpecError) as raised:
        parse_workflow(text, file)
    return [str(finding) for finding in raised.value.findings]


def test_described_job_definition_is_registered_unchanged():
    workflow = parse_workflow(spec_with({"jobQueue": "q", "jobDefinition": DESCRIBED}), "w.json")

    request = definition_request(workflow.jobs["a"].job_definition)

    assert {**request, "tags": DESCRIBED["tags"]} == DESCRIBED
    assert what_is_wrong_with({"jobDefinitionName": "n", **request}, "RegisterJobDefinitionRequest") == ""


def test_described_job_definition_can_be_a_resource():
    resources = {"jobDefinitions": {"step": {**DESCRIBED, "tags": {}}}}

    (desired,) = owned_resources(Resources.model_validate(resources), "w")

    assert {**desired.request, "tags": {}} == {**DESCRIBED, "tags": {}}


@pytest.mark.parametrize(
    ("member", "hint"),
    [
        ("jobDefinitionName", "its name is generated from its content: leave it out"),
        ("jobDefinitionArn", "AWS Batch sets it: leave it out"),
        ("revision", "AWS Batch sets it: leave it out"),
        ("status", "AWS Batch sets it: leave it out"),
        ("containerOrchestrationType", "AWS Batch sets it: leave it out"),
    ],
)
def test_member_that_aws_sets_is_to_be_left_out(member, hint):
    found = findings_of(spec_with({"jobQueue": "q", "jobDefinition": {**DESCRIBED, member: "x"}}), "w.json")

    assert [text.partition("E202 ")[2] for text in found] == [f"unknown key '{member}'; {hint}"]


def test_every_member_that_describe_job_definitions_adds_is_explained_or_taken():
    described = set(service_model().shape_for("JobDefinition").members)
    taken = set(service_model().shape_for("RegisterJobDefinitionRequest").members) - {"jobDefinitionName"}

    for member in described - taken:
        (found,) = findings_of(
            spec_with({"jobQueue": "q", "jobDefinition": {**DESCRIBED, member: "x"}}), "w.json"
        )
        assert "leave it out" in found


def test_ids_in_depends_on_are_explained():
    (found,) = findings_of(
        "workflow: w\njobs:\n  a: {jobQueue: q, jobDefinition: d, dependsOn: [{jobId: x}]}"
    )

    assert found == (
        "w.yaml:3:38: E202 unknown key 'dependsOn'; AWS's dependsOn contains job IDs, which no spec can "
        "know: write depends_on with the keys of jobs"
    )


@pytest.mark.parametrize("spelling", ["camelCase", "snake_case"])
def test_submit_job_request_in_both_spellings(spelling):
    camel = {
        "jobQueue": "q",
        "jobDefinition": "d",
        "shareIdentifier": "s",
        "schedulingPriorityOverride": 1,
        "arrayProperties": {"size": 4},
        "containerOverrides": {"environment": [{"name": "A_b", "value": "v"}]},
        "retryStrategy": {"attempts": 2},
        "propagateTags": True,
        "timeout": {"attemptDurationSeconds": 100},
    }
    snake = {
        "job_queue": "q",
        "job_definition": "d",
        "share_identifier": "s",
        "scheduling_priority_override": 1,
        "array_properties": {"size": 4},
        "container_overrides": {"environment": [{"name": "A_b", "value": "v"}]},
        "retry_strategy": {"attempts": 2},
        "propagate_tags": True,
        "timeout": {"attempt_duration_seconds": 100},
    }

    written = camel if spelling == "camelCase" else snake

    assert submit_request(Job.model_validate(written)) == camel
    assert submit_request(parse_workflow(spec_with(written)).jobs["a"]) == camel


def test_every_member_of_submit_job_is_a_key_in_camel_case():
    members = set(submit_job_request().members) - {"jobName", "dependsOn"}
    own = Job.from_aws(dict.fromkeys(members - {"arrayProperties"}))

    assert own.keys() <= Job.model_fields.keys()


def test_list_of_variables_merges_with_defaults_by_name():
    workflow = parse_workflow(
        spec_with(
            {"environment": [{"name": "B", "value": 2}]},
            defaults={"jobQueue": "q", "jobDefinition": "d", "environment": {"A": "1", "B": "1"}},
        )
    )

    assert workflow.jobs["a"].environment == {"A": "1", "B": "2"}


@pytest.mark.parametrize(
    ("default", "own"),
    [("jobQueue", "job_queue"), ("job_queue", "jobQueue"), ("jobQueue", "jobQueue")],
)
def test_job_overrides_a_default_in_another_spelling(default, own):
    defaults = {default: "other", "job_definition": "d"}

    for workflow in (
        parse_workflow(spec_with({own: "q"}, defaults=defaults)),
        Workflow.model_validate({"workflow": "w", "defaults": defaults, "jobs": {"a": {own: "q"}}}),
    ):
        assert workflow.jobs["a"].job_queue == "q"


def test_full_members_in_two_spellings_are_merged():
    workflow = parse_workflow(
        spec_with(
            {"nodeOverrides": {"num_nodes": 2}},
            defaults={
                "job_queue": "q",
                "job_definition": "d",
                "node_overrides": {
                    "numNodes": 9,
                    "nodePropertyOverrides": [{"targetNodes": "0:", "instanceTypes": ["m5.large"]}],
                },
            },
        )
    )

    assert submit_request(workflow.jobs["a"])["nodeOverrides"] == {
        "numNodes": 2,
        "nodePropertyOverrides": [{"targetNodes": "0:", "instanceTypes": ["m5.large"]}],
    }


def test_fragment_in_another_spelling_is_overridden(tmp_path):
    (tmp_path / "base.yaml").write_text("defaults: {jobQueue: other, jobDefinition: d}")

    workflow = parse_workflow(
        "workflow: w\nextends: base.yaml\ndefaults: {job_queue: q}\njobs: {a: {}}", str(tmp_path / "w.yaml")
    )

    assert workflow.jobs["a"].job_queue == "q"


def test_variable_can_contain_aws_names():
    workflow = parse_workflow(
        spec_with({"jobQueue": "q", "jobDefinition": "${{ d }}"}, variables={"d": DESCRIBED}), "w.json"
    )

    assert plan_as_json(plan_workflow(workflow)) == plan_as_json(
        plan_workflow(parse_workflow(spec_with({"jobQueue": "q", "jobDefinition": DESCRIBED}), "w.json"))
    )


def test_one_key_in_two_spellings_is_refused():
    (found,) = findings_of("workflow: w\njobs:\n  a: {jobQueue: q, job_queue: p, job_definition: d}")

    assert found == (
        "w.yaml:3:7: E202 unknown key 'jobQueue'; 'job_queue' is the same key and is set too: keep "
        "one of them"
    )


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        (
            "jobs:\n  a: {jobQueue: q, jobDefinition: {containerProperties: {image: x}, propagateTags: 5}}",
            "w.yaml:3:84: E201 jobs.a.jobDefinition.propagateTags: must be true or false",
        ),
        (
            "jobs:\n  a: {job_queue: q, job_definition: d, environment: [{name: A, value: [1]}]}",
            "w.yaml:3:71: E201 jobs.a.environment.A: must be a string, not a list",
        ),
        (
            "jobs:\n  a: {job_queue: q, job_definition: d, environment: [{name: A, value: 1}, {nome: B}]}",
            "w.yaml:3:53: E201 jobs.a.environment: item 2 is {'nome': 'B'}; write {name: …, value: …}, or a "
            "mapping of names to values",
        ),
        (
            "jobs:\n  a: {job_queue: q, job_definition: d, environment: [{name: A, value: 1}, "
            "{name: A, value: 2}]}",
            "w.yaml:3:53: E201 jobs.a.environment: 'A' is in the list twice; keep one entry",
        ),
        (
            "defaults: {jobQueue: q, jobDefinition: d, schedulingPriorityOverride: 10001}\njobs: {a: {}}",
            "w.yaml:2:71: E404 job 'a' has scheduling_priority_override 10,001; AWS Batch accepts 0 to 9,999",
        ),
        (
            "jobs: {a: {job_queue: q, job_definition: d, timeout: {attemptDurationSeconds: 60, x: 1}}}",
            "w.yaml:2:54: E201 jobs.a.timeout: a mapping must have the key 'attempt_duration_seconds' and no "
            "other; you can also write seconds or a value such as '2h'",
        ),
        (
            "jobs: {a: {job_queue: q, job_definition: {type: multinode, image: x, vcpus: 1, memory: 4}}}",
            "w.yaml:2:42: E201 jobs.a.job_definition: a job definition of type 'multinode' requires "
            "'node_properties'",
        ),
        (
            "jobs: {a: {jobQueue: q, jobDefinition: d, arrayProperties: {size: 2, index: 1}}}",
            "w.yaml:2:43: E202 unknown key 'arrayProperties'; write array_size: N, or array_properties: "
            "{size: N}",
        ),
    ],
)
def test_finding_has_the_position_and_spelling_of_the_author(text, finding):
    assert finding in findings_of(f"workflow: w\n{text}")


RESOURCES = {
    "computeEnvironments": {
        "env": {
            "computeResources": {
                "type": "EC2",
                "minvCpus": 0,
                "maxvCpus": 8,
                "ec2KeyPair": "k",
                "instanceTypes": ["m5"],
                "subnets": ["s"],
                "securityGroupIds": ["g"],
                "launchTemplate": {"launchTemplateName": "l"},
            },
            "serviceRole": "r",
        }
    },
    "schedulingPolicies": {
        "fair": {"fairsharePolicy": {"shareDistribution": [{"shareIdentifier": "A", "weightFactor": 0.5}]}}
    },
    "jobQueues": {
        "q": {
            "priority": 1,
            "computeEnvironmentOrder": [{"order": 1, "computeEnvironment": "env"}],
            "schedulingPolicyArn": "fair",
            "jobStateTimeLimitActions": [
                {"reason": "r", "state": "RUNNABLE", "maxTimeSeconds": 600, "action": "CANCEL"}
            ],
        }
    },
}


def test_requests_of_resources_are_taken_as_in_the_api():
    workflow = parse_workflow(
        spec_with({"jobQueue": "q", "jobDefinition": "d"}, resources=RESOURCES), "w.json"
    )

    requests = {desired.name: desired.request for desired in desired_resources(workflow)}

    assert requests["env"]["computeResources"] == RESOURCES["computeEnvironments"]["env"]["computeResources"]
    assert requests["fair"] == RESOURCES["schedulingPolicies"]["fair"]
    assert requests["q"].items() >= RESOURCES["jobQueues"]["q"].items()


def test_wrong_value_in_a_nested_policy_has_its_position():
    text = (
        "workflow: w\n"
        "resources: {schedulingPolicies: {p: {fairsharePolicy: {shareDecaySeconds: x}}}}\n"
        "jobs: {a: {jobQueue: q, jobDefinition: d}}"
    )

    (found,) = findings_of(text)

    assert found.startswith("w.yaml:2:75: E201 resources.scheduling_policies.p.share_decay_seconds: ")


def test_backfill_and_connection_take_both_spellings():
    workflow = parse_workflow(
        spec_with(
            {"jobQueue": "q", "jobDefinition": "d"},
            backfill={"jobQueue": "low", "environment": [{"name": "A", "value": "b"}]},
            connection={"regionName": "eu-west-1"},
        )
    )

    assert workflow.backfill.job_queue == "low"
    assert workflow.backfill.environment == {"A": "b"}
    assert workflow.connection.region_name == "eu-west-1"


def test_data_in_own_names_stays_as_it_is():
    data = {"workflow": "w", "jobs": {"jobQueue": {"job_queue": "q", "tags": {"jobQueue": "x"}}}}

    assert in_own_names(Workflow, data) == data
