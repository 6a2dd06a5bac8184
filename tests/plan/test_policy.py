"""The IAM policies of a workflow: statements and conditions."""

import pytest

from airflow_batch_provider.following.tags import IDENTITY_TAGS
from airflow_batch_provider.plan.planner import plan_workflow
from airflow_batch_provider.plan.policy.jobs import build_submit_policy, build_triggerer_policy
from airflow_batch_provider.plan.policy.resources import build_resources_policy
from airflow_batch_provider.plan.policy.statement import ArnBuilder
from airflow_batch_provider.plan.resources import desired_resources
from airflow_batch_provider.spec.loader import parse_workflow

ARNS = ArnBuilder("123456789012", "eu-west-1")
BATCH = "arn:aws:batch:eu-west-1:123456789012"
HEAD = "workflow: nightly\ndefaults: {job_queue: etl, job_definition: step}\n"


def statements(policy):
    return {statement["Sid"]: statement for statement in policy["Statement"]}


def submit_statements(text, **options):
    workflow = parse_workflow(HEAD + text)
    return statements(
        build_submit_policy(plan_workflow(workflow), ARNS, desired_resources(workflow), **options)
    )


def resource_statements(text):
    workflow = parse_workflow(f"{HEAD}jobs: {{a: {{}}}}\nresources:\n{text}")
    return statements(build_resources_policy(desired_resources(workflow), ARNS))


def test_submit_is_limited_to_queues_and_definitions_of_workflow():
    submit = submit_statements("jobs: {a: {}, b: {job_queue: other, job_definition: 'step:3'}}\n")["Submit"]

    assert submit["Action"] == ["batch:SubmitJob"]
    assert set(submit["Resource"]) == {
        f"{BATCH}:job-queue/etl",
        f"{BATCH}:job-queue/other",
        f"{BATCH}:job-definition/step",
        f"{BATCH}:job-definition/step:*",
        f"{BATCH}:job-definition/step:3",
        f"{BATCH}:job/*",
    }
    assert "Condition" not in submit


def test_arn_is_unchanged_and_template_becomes_wildcard():
    arn = "arn:aws:batch:us-east-1:999999999999:job-queue/q"

    submit = submit_statements(
        f"jobs: {{a: {{job_queue: '{arn}'}}, b: {{job_queue: '{{{{ params.q }}}}'}}}}\n"
    )["Submit"]

    assert arn in submit["Resource"]
    assert f"{BATCH}:job-queue/*" in submit["Resource"]


def test_backfill_queue_is_included():
    submit = submit_statements("jobs: {a: {}}\nbackfill: {job_queue: low}\n")["Submit"]

    assert f"{BATCH}:job-queue/low" in submit["Resource"]


@pytest.mark.parametrize(
    ("text", "is_allowed"),
    [
        ("jobs: {a: {}}\n", False),
        ("jobs: {a: {job_queue: '{{ params.queue }}'}}\n", True),
        ("jobs: {a: {}}\nbackfill: {job_queue: '{{ params.queue }}'}\n", True),
    ],
)
def test_describe_job_queues_is_allowed_only_if_a_queue_is_a_template(text, is_allowed):
    assert ("batch:DescribeJobQueues" in submit_statements(text)["DescribeJobs"]["Action"]) is is_allowed


def test_share_identifiers_are_limited_if_every_job_has_one():
    limited = submit_statements("jobs: {a: {share_identifier: red}, b: {share_identifier: blue}}\n")["Submit"]
    unlimited = submit_statements("jobs: {a: {share_identifier: red}, b: {}}\n")["Submit"]

    assert limited["Condition"] == {"StringEquals": {"batch:ShareIdentifier": ["blue", "red"]}}
    assert "Condition" not in unlimited


def test_tags_are_limited_to_those_in_spec():
    jobs = "jobs: {a: {tags: {team: data, month: '{{ ds }}'}}, b: {tags: {team: data}}}\n"

    tag = submit_statements(jobs, tags_jobs=False)["TagJobs"]

    assert tag["Action"] == ["batch:TagResource"]
    assert tag["Resource"] == [f"{BATCH}:job/*"]
    assert tag["Condition"] == {"ForAllValues:StringEquals": {"aws:TagKeys": ["month", "team"]}}


def test_identity_tags_are_allowed():
    tag = submit_statements("jobs: {a: {tags: {team: data}}}\n")["TagJobs"]

    assert tag["Condition"] == {
        "ForAllValues:StringEquals": {"aws:TagKeys": sorted([*IDENTITY_TAGS, "team"])}
    }


def test_terminate_is_limited_to_jobs_of_workflow():
    terminate = submit_statements("jobs: {a: {}}\n")["Terminate"]

    assert terminate["Resource"] == [f"{BATCH}:job/*"]
    assert terminate["Condition"] == {"StringEquals": {"aws:ResourceTag/airflow_dag_id": "nightly"}}


def test_terminate_is_limited_by_shared_tags():
    both = "jobs: {a: {tags: {team: data, x: '1'}}, b: {tags: {team: data}}}\n"
    one = "jobs: {a: {tags: {team: data}}, b: {}}\n"

    tagged = submit_statements(both, tags_jobs=False)["Terminate"]
    untagged = submit_statements(one, tags_jobs=False)["Terminate"]

    assert tagged["Resource"] == untagged["Resource"] == [f"{BATCH}:job/*"]
    assert tagged["Condition"] == {"StringEquals": {"aws:ResourceTag/team": "data"}}
    assert "Condition" not in untagged


def test_read_logs_uses_log_group_of_definition():
    definitions = (
        "  job_definitions:\n    step: {image: i, vcpus: 1, memory: 512, container_properties: "
        "{log_configuration: {log_driver: awslogs, "
        "options: {awslogs-group: /trade, awslogs-stream-prefix: nightly}}}}\n"
    )

    own = submit_statements(f"jobs: {{a: {{}}}}\nresources:\n{definitions}")["ReadLogs"]
    default = submit_statements("jobs: {a: {job_definition: 'other:2'}}\n")["ReadLogs"]

    logs = "arn:aws:logs:eu-west-1:123456789012:log-group"
    assert own["Resource"] == [f"{logs}:/trade:log-stream:nightly/*"]
    assert default["Resource"] == [f"{logs}:/aws/batch/job:log-stream:other/*"]


def test_inline_definition_can_be_registered_and_roles_passed_only_to_ecs():
    roles = "job_role_arn: arn:aws:iam::1:role/job, execution_role_arn: arn:aws:iam::1:role/start"
    inline = f"{{image: i, vcpus: 1, memory: 64, {roles}}}"

    policy = submit_statements(f"jobs: {{a: {{job_definition: {inline}}}}}\n")

    (name,) = policy["RegisterDefinitions"]["Resource"]
    assert name.startswith(f"{BATCH}:job-definition/nightly-")
    assert policy["DeregisterDuplicates"]["Resource"] == [f"{name}:*"]
    assert policy["PassJobRoles"]["Resource"] == ["arn:aws:iam::1:role/job", "arn:aws:iam::1:role/start"]
    assert policy["PassJobRoles"]["Condition"] == {
        "StringEquals": {"iam:PassedToService": ["ecs-tasks.amazonaws.com"]}
    }


def test_no_registration_is_allowed_without_inline_definitions():
    policy = submit_statements("jobs: {a: {}}\n", tags_jobs=False)

    assert set(policy) == {"Submit", "DescribeJobs", "Terminate", "ReadLogs"}


def test_triggerer_cannot_submit():
    policy = build_triggerer_policy(plan_workflow(parse_workflow(f"{HEAD}jobs: {{a: {{}}}}\n")), ARNS)

    assert set(statements(policy)) == {"DescribeJobs", "Terminate", "ReadLogs"}


def test_resources_are_created_and_changed_only_with_owner_tag():
    policy = resource_statements("  scheduling_policies: {fair: {}}\n")

    arn = f"{BATCH}:scheduling-policy/fair"
    assert policy["CreateSchedulingPolicy"]["Resource"] == [arn]
    assert policy["CreateSchedulingPolicy"]["Condition"] == {
        "StringEquals": {"aws:RequestTag/managed-by": "airflow-batch/nightly"}
    }
    assert policy["ChangeSchedulingPolicy"]["Resource"] == [arn]
    assert policy["ChangeSchedulingPolicy"]["Condition"] == {
        "StringEquals": {"aws:ResourceTag/managed-by": "airflow-batch/nightly"}
    }
    assert policy["Tag"]["Condition"] == {"ForAllValues:StringEquals": {"aws:TagKeys": ["managed-by"]}}
    assert set(policy) == {"Describe", "CreateSchedulingPolicy", "ChangeSchedulingPolicy", "Tag"}


@pytest.mark.parametrize(
    ("member", "sid", "role", "service"),
    [
        ("instance_role: hosts", "PassInstanceRole", "role/hosts", "ec2.amazonaws.com"),
        (
            "instance_role: 'arn:aws:iam::123456789012:instance-profile/hosts'",
            "PassInstanceRole",
            "role/hosts",
            "ec2.amazonaws.com",
        ),
        ("spot_iam_fleet_role: fleet", "PassSpotFleetRole", "role/fleet", "spotfleet.amazonaws.com"),
    ],
)
def test_host_role_is_passed_only_to_its_service(member, sid, role, service):
    policy = resource_statements(
        f"  compute_environments: {{ce: {{compute_resources: {{type: SPOT, max_vcpus: 1, {member}}}}}}}\n"
    )

    assert policy[sid]["Action"] == ["iam:PassRole"]
    assert policy[sid]["Resource"] == [f"arn:aws:iam::123456789012:{role}"]
    assert policy[sid]["Condition"] == {"StringEquals": {"iam:PassedToService": [service]}}


def test_service_role_is_passed_or_service_linked_role_is_created():
    hosts = "compute_resources: {type: EC2, max_vcpus: 1}"

    own = resource_statements(f"  compute_environments: {{ce: {{service_role: batch, {hosts}}}}}\n")
    linked = resource_statements(f"  compute_environments: {{ce: {{{hosts}}}}}\n")

    assert own["PassServiceRole"]["Condition"] == {
        "StringEquals": {"iam:PassedToService": ["batch.amazonaws.com"]}
    }
    assert "CreateServiceLinkedRole" not in own
    assert "PassServiceRole" not in linked
    assert linked["CreateServiceLinkedRole"]["Condition"] == {
        "StringEquals": {"iam:AWSServiceName": "batch.amazonaws.com"}
    }


def test_partition_is_part_of_every_arn():
    workflow = parse_workflow(f"{HEAD}jobs: {{a: {{}}}}\n")

    policy = build_submit_policy(plan_workflow(workflow), ArnBuilder("1", "cn-north-1", "aws-cn"))

    arns = [arn for each in policy["Statement"] if each["Resource"] != "*" for arn in each["Resource"]]
    assert all(arn.startswith("arn:aws-cn:") for arn in arns)


def test_tags_from_a_template_have_unknown_keys():
    found = submit_statements("jobs: {a: {tags: '{{ params.tags }}'}}\nairflow: {params: {tags: {}}}\n")

    tag = next(statement for statement in found.values() if "batch:TagResource" in statement["Action"])
    assert "Condition" not in tag


def test_log_options_from_a_template_are_unknown():
    text = (
        "airflow: {params: {options: {}}}\njobs: {a: {job_definition: {image: i, vcpus: 1, memory: 4, "
        "container_properties: {log_configuration: {log_driver: awslogs, options: '{{ params.options }}'}}}"
        "}}\n"
    )
    workflow = parse_workflow(HEAD + text)

    policy = statements(build_triggerer_policy(plan_workflow(workflow), ARNS, ()))

    assert policy["ReadLogs"]["Resource"] == [
        "arn:aws:logs:eu-west-1:123456789012:log-group:*:log-stream:*/*"
    ]
