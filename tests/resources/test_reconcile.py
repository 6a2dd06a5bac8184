"""Making resources what the spec wants, and deleting them, on the local Batch."""

import pytest

from airflow_batch_provider.errors import ResourceError
from airflow_batch_provider.spec.language.resources import MANAGED_BY
from tests.resources.conftest import RESOURCES, desired

ALL = ["hosts", "fair", "etl", "step:1"]


def changed(old, new):
    assert old in RESOURCES
    return desired(RESOURCES.replace(old, new))


def test_resources_are_created_in_dependency_order(commands):
    commands.apply()

    assert commands.left() == ALL
    assert commands.reports == [
        "created compute environment 'hosts'",
        "created scheduling policy 'fair'",
        "created job queue 'etl'",
        "created job definition 'step'",
    ]


def test_created_resources_have_owner_tag(commands):
    commands.apply()

    assert {commands.account.find(each).owner for each in desired()} == {"airflow-batch/nightly"}


def test_no_difference_after_apply(commands):
    commands.apply()

    assert commands.differences() == {}


def test_second_apply_changes_nothing(commands):
    commands.apply()
    commands.reports.clear()

    commands.apply()

    assert commands.reports == []
    assert commands.left() == ALL


@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        ("max_vcpus: 4", "max_vcpus: 8", {"compute_resources.max_vcpus": (4, 8)}),
        ("priority: 1", "priority: 7", {"priority": (1, 7)}),
        (
            "subnets: [subnet-1, subnet-2]",
            "subnets: [subnet-3]",
            {"compute_resources.subnets": (["subnet-1", "subnet-2"], ["subnet-3"])},
        ),
        (
            "share_decay_seconds: 600",
            "share_decay_seconds: 60",
            {"fairshare_policy.share_decay_seconds": (600, 60)},
        ),
        ("attempts: 3", "attempts: 4", {"retry_strategy.attempts": (3, 4)}),
        (
            "command: [echo, hello]",
            "command: [hello, echo]",
            {"container_properties.command": (["echo", "hello"], ["hello", "echo"])},
        ),
        ("priority: 1", "tags: {team: blue}, priority: 1", {"tags.team": (None, "blue")}),
    ],
)
def test_differences_are_shown_and_applied(commands, old, new, difference):
    commands.apply()
    wanted = changed(old, new)

    shown = commands.differences(wanted)
    commands.apply(wanted)

    assert list(shown.values()) == [difference]
    assert commands.differences(wanted) == {}


def test_update_keeps_members_that_spec_does_not_set(commands):
    commands.apply()

    commands.apply(changed("max_vcpus: 4", "max_vcpus: 8"))

    members = commands.account.find(desired()[0]).members["computeResources"]
    assert (members["maxvCpus"], members["subnets"]) == (8, ["subnet-1", "subnet-2"])


def test_changed_definition_becomes_new_revision_and_old_one_remains(commands):
    commands.apply()

    commands.apply(changed("image: busybox", "image: alpine"))

    assert commands.left() == ["hosts", "fair", "etl", "step:2", "step:1"]
    assert commands.reports[-1] == "registered a new revision of job definition 'step'"


def test_disabled_queue_is_enabled_again(commands):
    commands.apply()
    commands.batch.update_job_queue(jobQueue="etl", state="DISABLED")

    commands.apply()

    assert commands.account.find(desired()[2]).is_enabled


@pytest.mark.parametrize(
    "operation", ["create_job_queue", "create_scheduling_policy", "register_job_definition"]
)
def test_apply_continues_after_failure(commands, local_batch, operation):
    camel = "".join(word.capitalize() for word in operation.split("_"))
    local_batch.inject_fault(operation=camel, kind="throttle", times=None)
    with pytest.raises(Exception, match="Too Many Requests"):
        commands.apply()
    half = commands.left()
    local_batch.clear_faults_and_scripts()

    commands.apply()

    assert half[0] == "hosts"
    assert set(half) < set(ALL)
    assert commands.left() == ALL
    assert commands.differences() == {}
    assert len(commands.reports) == len(set(commands.reports)) == 4


def test_delete_continues_after_failure(commands, local_batch):
    commands.apply()
    local_batch.inject_fault(operation="DeleteJobQueue", kind="throttle", times=None)
    with pytest.raises(Exception, match="Too Many Requests"):
        commands.delete()
    local_batch.clear_faults_and_scripts()

    commands.delete()

    assert commands.left() == []


def test_apply_recreates_resources_after_partial_delete(commands, local_batch):
    commands.apply()
    local_batch.inject_fault(operation="DeleteJobQueue", kind="throttle", times=None)
    with pytest.raises(Exception, match="Too Many Requests"):
        commands.delete()
    local_batch.clear_faults_and_scripts()

    commands.apply()

    assert commands.differences() == {}
    assert commands.account.find(desired()[2]).is_enabled


def test_resources_are_deleted_in_reverse_order(commands):
    commands.apply()
    commands.apply(changed("image: busybox", "image: alpine"))
    commands.reports.clear()

    commands.delete()

    assert commands.left() == []
    assert commands.reports == [
        "deleted job definition 'step'",
        "deleted job queue 'etl'",
        "deleted scheduling policy 'fair'",
        "deleted compute environment 'hosts'",
    ]


def test_second_delete_does_nothing(commands):
    commands.apply()
    commands.delete()
    commands.reports.clear()

    commands.delete()

    assert commands.reports == []


def test_queue_with_live_jobs_is_not_deleted(commands, local_batch):
    local_batch.script({"job_name": "*", "duration_seconds": 3600})
    commands.apply()
    job = commands.batch.submit_job(
        jobName="long", jobQueue="etl", jobDefinition="step", shareIdentifier="red"
    )

    with pytest.raises(
        ResourceError, match=f"'etl' has jobs that have not ended, such as long .{job['jobId']}"
    ):
        commands.delete()

    assert commands.left() == ALL


def test_queue_with_live_jobs_is_deleted_by_force(commands, local_batch):
    local_batch.script({"job_name": "*", "duration_seconds": 3600})
    commands.apply()
    commands.batch.submit_job(jobName="long", jobQueue="etl", jobDefinition="step", shareIdentifier="red")

    commands.delete(force=True)

    assert commands.left() == []


def test_matching_resources_of_other_owner_are_used_and_not_deleted(commands):
    commands.apply(desired(workflow="other"))
    commands.reports.clear()

    commands.apply()
    commands.delete()

    assert commands.reports == []
    assert commands.left() == ALL


def test_difference_of_other_owner_blocks_all_changes(commands):
    commands.apply(desired(workflow="other"))
    commands.reports.clear()

    with pytest.raises(ResourceError) as caught:
        commands.apply(
            desired(RESOURCES.replace("priority: 1", "priority: 2").replace("max_vcpus: 4", "max_vcpus: 5"))
        )

    said = str(caught.value)
    assert said.startswith("nothing was changed:")
    assert "compute environment 'hosts' differs in compute_resources.max_vcpus" in said
    assert "job queue 'etl' differs in priority, but this spec does not own it: it is tagged" in said
    assert f"'{MANAGED_BY}: airflow-batch/other'" in said
    assert "--adopt" in said
    assert commands.reports == []


def test_adopt_takes_ownership(commands):
    commands.apply(desired(workflow="other"))

    commands.apply(adopt=True)
    commands.delete()

    assert commands.left() == []


@pytest.mark.parametrize(
    ("before", "after", "member"),
    [
        (
            "type: EC2",
            "type: EC2\n        spot_iam_fleet_role: fleet",
            "compute_resources.spot_iam_fleet_role",
        ),
        ("scheduling_policy: fair", "job_queue_type: ECS", "job_queue_type"),
    ],
)
def test_immutable_members_are_reported_before_any_change(commands, before, after, member):
    commands.apply()
    commands.reports.clear()
    wanted = desired(RESOURCES.replace(before, after).replace("vcpus: 1", "vcpus: 2"))

    with pytest.raises(ResourceError, match=f"must be replaced: AWS Batch cannot change {member}"):
        commands.apply(wanted)

    assert commands.reports == []


def test_hosts_cannot_be_changed_in_place_with_best_fit(commands):
    best_fit = RESOURCES.replace("        allocation_strategy: BEST_FIT_PROGRESSIVE\n", "")
    commands.apply(desired(best_fit))

    commands.apply(desired(best_fit.replace("max_vcpus: 4", "max_vcpus: 8")))  # their number can
    with pytest.raises(ResourceError, match="allocation strategy is BEST_FIT"):
        commands.apply(desired(best_fit.replace("[m5, c5]", "[m5]")))


def test_scheduling_policy_cannot_be_added_to_queue(commands):
    commands.apply(desired(RESOURCES.replace(", scheduling_policy: fair", "")))

    with pytest.raises(ResourceError, match="cannot change scheduling_policy_arn"):
        commands.apply()


def test_queue_with_missing_compute_environment(commands):
    wanted = desired("  job_queues:\n    etl: {priority: 1, compute_environment_order: [nowhere]}\n")

    with pytest.raises(ResourceError, match="compute environment 'nowhere', which a job queue"):
        commands.apply(wanted)
