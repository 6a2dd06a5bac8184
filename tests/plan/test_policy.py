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


def submitting(text, **options):
    workflow = parse_workflow(HEAD + text)
    return statements(
        build_submit_policy(plan_workflow(workflow), ARNS, desired_resources(workflow), **options)
    )


def resources(text):
    workflow = parse_workflow(f"{HEAD}jobs: {{a: {{}}}}\nresources:\n{text}")
    return statements(build_resources_policy(desired_resources(workflow), ARNS))


def test_only_the_workflow_s_queues_and_definitions_can_be_submitted_to():
    submit = submitting("jobs: {a: {}, b: {job_queue: other, job_definition: 'step:3'}}\n")["Submit"]

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


def test_an_arn_stays_and_a_template_stands_for_all():
    arn = "arn:aws:batch:us-east-1:999999999999:job-queue/q"

    submit = submitting(f"jobs: {{a: {{job_queue: '{arn}'}}, b: {{job_queue: '{{{{ params.q }}}}'}}}}\n")[
        "Submit"
    ]

    assert arn in submit["Resource"]
    assert f"{BATCH}:job-queue/*" in submit["Resource"]


def test_the_queue_of_backfills_belongs_to_it():
    submit = submitting("jobs: {a: {}}\nbackfill: {job_queue: low}\n")["Submit"]

    assert f"{BATCH}:job-queue/low" in submit["Resource"]


@pytest.mark.parametrize(
    ("text", "is_allowed"),
    [
        ("jobs: {a: {}}\n", False),
        ("jobs: {a: {job_queue: '{{ params.queue }}'}}\n", True),
        ("jobs: {a: {}}\nbackfill: {job_queue: '{{ params.queue }}'}\n", True),
    ],
)
def test_all_queues_may_be_looked_at_only_where_one_is_not_known(text, is_allowed):
    assert ("batch:DescribeJobQueues" in submitting(text)["DescribeJobs"]["Action"]) is is_allowed


def test_shares_are_limited_where_every_job_has_one():
    limited = submitting("jobs: {a: {share_identifier: red}, b: {share_identifier: blue}}\n")["Submit"]
    unlimited = submitting("jobs: {a: {share_identifier: red}, b: {}}\n")["Submit"]

    assert limited["Condition"] == {"StringEquals": {"batch:ShareIdentifier": ["blue", "red"]}}
    assert "Condition" not in unlimited


def test_jobs_get_only_the_tags_that_the_workflow_gives():
    jobs = "jobs: {a: {tags: {team: data, month: '{{ ds }}'}}, b: {tags: {team: data}}}\n"

    tag = submitting(jobs, tags_jobs=False)["TagJobs"]

    assert tag["Action"] == ["batch:TagResource"]
    assert tag["Resource"] == [f"{BATCH}:job/*"]
    assert tag["Condition"] == {"ForAllValues:StringEquals": {"aws:TagKeys": ["month", "team"]}}


def test_jobs_may_get_the_tags_that_say_whose_they_are():
    tag = submitting("jobs: {a: {tags: {team: data}}}\n")["TagJobs"]

    assert tag["Condition"] == {
        "ForAllValues:StringEquals": {"aws:TagKeys": sorted([*IDENTITY_TAGS, "team"])}
    }


def test_only_jobs_of_the_workflow_can_be_terminated():
    terminate = submitting("jobs: {a: {}}\n")["Terminate"]

    assert terminate["Resource"] == [f"{BATCH}:job/*"]
    assert terminate["Condition"] == {"StringEquals": {"aws:ResourceTag/airflow_dag_id": "nightly"}}


def test_only_jobs_with_the_tags_that_all_share_can_be_terminated():
    both = "jobs: {a: {tags: {team: data, x: '1'}}, b: {tags: {team: data}}}\n"
    one = "jobs: {a: {tags: {team: data}}, b: {}}\n"

    tagged = submitting(both, tags_jobs=False)["Terminate"]
    untagged = submitting(one, tags_jobs=False)["Terminate"]

    assert tagged["Resource"] == untagged["Resource"] == [f"{BATCH}:job/*"]
    assert tagged["Condition"] == {"StringEquals": {"aws:ResourceTag/team": "data"}}
    assert "Condition" not in untagged


def test_logs_are_read_where_the_definition_writes_them():
    definitions = (
        "  job_definitions:\n    step: {image: i, container_properties: {log_configuration: {"
        "log_driver: awslogs, options: {awslogs-group: /trade, awslogs-stream-prefix: nightly}}}}\n"
    )

    own = submitting(f"jobs: {{a: {{}}}}\nresources:\n{definitions}")["ReadLogs"]
    default = submitting("jobs: {a: {job_definition: 'other:2'}}\n")["ReadLogs"]

    logs = "arn:aws:logs:eu-west-1:123456789012:log-group"
    assert own["Resource"] == [f"{logs}:/trade:log-stream:nightly/*"]
    assert default["Resource"] == [f"{logs}:/aws/batch/job:log-stream:other/*"]


def test_a_definition_in_the_workflow_may_be_registered_and_its_roles_passed_to_ecs_alone():
    roles = "job_role_arn: arn:aws:iam::1:role/job, execution_role_arn: arn:aws:iam::1:role/start"
    inline = f"{{image: i, vcpus: 1, memory: 64, {roles}}}"

    made = submitting(f"jobs: {{a: {{job_definition: {inline}}}}}\n")

    (name,) = made["RegisterDefinitions"]["Resource"]
    assert name.startswith(f"{BATCH}:job-definition/nightly-")
    assert made["DeregisterDuplicates"]["Resource"] == [f"{name}:*"]
    assert made["PassRolesOfJobs"]["Resource"] == ["arn:aws:iam::1:role/job", "arn:aws:iam::1:role/start"]
    assert made["PassRolesOfJobs"]["Condition"] == {
        "StringEquals": {"iam:PassedToService": ["ecs-tasks.amazonaws.com"]}
    }


def test_without_definitions_of_its_own_it_registers_nothing_and_passes_no_role():
    made = submitting("jobs: {a: {}}\n", tags_jobs=False)

    assert set(made) == {"Submit", "DescribeJobs", "Terminate", "ReadLogs"}


def test_the_triggerer_submits_nothing():
    policy = build_triggerer_policy(plan_workflow(parse_workflow(f"{HEAD}jobs: {{a: {{}}}}\n")), ARNS)

    assert set(statements(policy)) == {"DescribeJobs", "Terminate", "ReadLogs"}


def test_resources_are_created_with_the_tag_and_changed_only_with_it():
    made = resources("  scheduling_policies: {fair: {}}\n")

    arn = f"{BATCH}:scheduling-policy/fair"
    assert made["CreateSchedulingPolicy"]["Resource"] == [arn]
    assert made["CreateSchedulingPolicy"]["Condition"] == {
        "StringEquals": {"aws:RequestTag/managed-by": "airflow-batch/nightly"}
    }
    assert made["ChangeSchedulingPolicy"]["Resource"] == [arn]
    assert made["ChangeSchedulingPolicy"]["Condition"] == {
        "StringEquals": {"aws:ResourceTag/managed-by": "airflow-batch/nightly"}
    }
    assert made["Tag"]["Condition"] == {"ForAllValues:StringEquals": {"aws:TagKeys": ["managed-by"]}}
    assert set(made) == {"Describe", "CreateSchedulingPolicy", "ChangeSchedulingPolicy", "Tag"}


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
def test_a_role_of_hosts_is_passed_to_its_service_alone(member, sid, role, service):
    made = resources(
        f"  compute_environments: {{ce: {{compute_resources: {{type: SPOT, max_vcpus: 1, {member}}}}}}}\n"
    )

    assert made[sid]["Action"] == ["iam:PassRole"]
    assert made[sid]["Resource"] == [f"arn:aws:iam::123456789012:{role}"]
    assert made[sid]["Condition"] == {"StringEquals": {"iam:PassedToService": [service]}}


def test_a_service_role_is_passed_and_without_one_the_service_linked_role_may_be_made():
    hosts = "compute_resources: {type: EC2, max_vcpus: 1}"

    own = resources(f"  compute_environments: {{ce: {{service_role: batch, {hosts}}}}}\n")
    linked = resources(f"  compute_environments: {{ce: {{{hosts}}}}}\n")

    assert own["PassServiceRole"]["Condition"] == {
        "StringEquals": {"iam:PassedToService": ["batch.amazonaws.com"]}
    }
    assert "CreateServiceLinkedRole" not in own
    assert "PassServiceRole" not in linked
    assert linked["CreateServiceLinkedRole"]["Condition"] == {
        "StringEquals": {"iam:AWSServiceName": "batch.amazonaws.com"}
    }


def test_another_partition_is_in_every_arn():
    workflow = parse_workflow(f"{HEAD}jobs: {{a: {{}}}}\n")

    policy = build_submit_policy(plan_workflow(workflow), ArnBuilder("1", "cn-north-1", "aws-cn"))

    arns = [arn for each in policy["Statement"] if each["Resource"] != "*" for arn in each["Resource"]]
    assert all(arn.startswith("arn:aws-cn:") for arn in arns)
