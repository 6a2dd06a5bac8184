"""Making resources what the spec wants, and deleting them, on the local Batch."""

import pytest

from airflow_batch_provider.errors import ResourceError
from airflow_batch_provider.spec.language.resources import MANAGED_BY
from tests.resources.conftest import RESOURCES, desired

ALL = ["hosts", "fair", "etl", "step:1"]


def changed(old, new):
    assert old in RESOURCES
    return desired(RESOURCES.replace(old, new))


def test_everything_is_created_in_the_order_in_which_it_is_needed(hands):
    hands.apply()

    assert hands.left() == ALL
    assert hands.reports == [
        "created compute environment 'hosts'",
        "created scheduling policy 'fair'",
        "created job queue 'etl'",
        "created job definition 'step'",
    ]


def test_what_is_created_says_who_has_made_it(hands):
    hands.apply()

    assert {hands.account.find(each).owner for each in desired()} == {"airflow-batch/nightly"}


def test_what_was_applied_shows_no_difference(hands):
    hands.apply()

    assert hands.differences() == {}


def test_applying_again_changes_nothing(hands):
    hands.apply()
    hands.reports.clear()

    hands.apply()

    assert hands.reports == []
    assert hands.left() == ALL


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
def test_a_difference_is_shown_member_by_member_and_removed(hands, old, new, difference):
    hands.apply()
    wanted = changed(old, new)

    shown = hands.differences(wanted)
    hands.apply(wanted)

    assert list(shown.values()) == [difference]
    assert hands.differences(wanted) == {}


def test_an_update_leaves_alone_what_it_does_not_name(hands):
    hands.apply()

    hands.apply(changed("max_vcpus: 4", "max_vcpus: 8"))

    members = hands.account.find(desired()[0]).members["computeResources"]
    assert (members["maxvCpus"], members["subnets"]) == (8, ["subnet-1", "subnet-2"])


def test_a_changed_definition_is_a_new_revision_and_the_old_one_stays_for_the_jobs_that_run(hands):
    hands.apply()

    hands.apply(changed("image: busybox", "image: alpine"))

    assert hands.left() == ["hosts", "fair", "etl", "step:2", "step:1"]
    assert hands.reports[-1] == "registered a new revision of job definition 'step'"


def test_a_queue_that_somebody_has_disabled_is_enabled_again(hands):
    hands.apply()
    hands.batch.update_job_queue(jobQueue="etl", state="DISABLED")

    hands.apply()

    assert hands.account.find(desired()[2]).is_enabled


@pytest.mark.parametrize(
    "operation", ["create_job_queue", "create_scheduling_policy", "register_job_definition"]
)
def test_a_failure_in_the_middle_leaves_a_state_from_which_apply_goes_on(hands, local_batch, operation):
    camel = "".join(word.capitalize() for word in operation.split("_"))
    local_batch.inject_fault(operation=camel, kind="throttle", times=None)
    with pytest.raises(Exception, match="Too Many Requests"):
        hands.apply()
    half = hands.left()
    local_batch.clear_faults_and_scripts()

    hands.apply()

    assert half[0] == "hosts"
    assert set(half) < set(ALL)
    assert hands.left() == ALL
    assert hands.differences() == {}
    assert len(hands.reports) == len(set(hands.reports)) == 4


def test_a_delete_that_failed_in_the_middle_is_taken_up_by_the_next_one(hands, local_batch):
    hands.apply()
    local_batch.inject_fault(operation="DeleteJobQueue", kind="throttle", times=None)
    with pytest.raises(Exception, match="Too Many Requests"):
        hands.delete()
    local_batch.clear_faults_and_scripts()

    hands.delete()

    assert hands.left() == []


def test_a_delete_that_failed_in_the_middle_is_undone_by_apply(hands, local_batch):
    hands.apply()
    local_batch.inject_fault(operation="DeleteJobQueue", kind="throttle", times=None)
    with pytest.raises(Exception, match="Too Many Requests"):
        hands.delete()
    local_batch.clear_faults_and_scripts()

    hands.apply()

    assert hands.differences() == {}
    assert hands.account.find(desired()[2]).is_enabled


def test_everything_is_deleted_in_reverse_order_and_nothing_is_left(hands):
    hands.apply()
    hands.apply(changed("image: busybox", "image: alpine"))
    hands.reports.clear()

    hands.delete()

    assert hands.left() == []
    assert hands.reports == [
        "deleted job definition 'step'",
        "deleted job queue 'etl'",
        "deleted scheduling policy 'fair'",
        "deleted compute environment 'hosts'",
    ]


def test_deleting_again_does_nothing(hands):
    hands.apply()
    hands.delete()
    hands.reports.clear()

    hands.delete()

    assert hands.reports == []


def test_a_queue_with_live_jobs_is_not_deleted(hands, local_batch):
    local_batch.script({"job_name": "*", "duration_seconds": 3600})
    hands.apply()
    job = hands.batch.submit_job(jobName="long", jobQueue="etl", jobDefinition="step", shareIdentifier="red")

    with pytest.raises(
        ResourceError, match=f"'etl' has jobs that have not ended, such as long .{job['jobId']}"
    ):
        hands.delete()

    assert hands.left() == ALL


def test_a_queue_with_live_jobs_is_deleted_by_force(hands, local_batch):
    local_batch.script({"job_name": "*", "duration_seconds": 3600})
    hands.apply()
    hands.batch.submit_job(jobName="long", jobQueue="etl", jobDefinition="step", shareIdentifier="red")

    hands.delete(force=True)

    assert hands.left() == []


def test_what_others_have_made_is_used_if_it_is_as_wanted_and_never_deleted(hands):
    hands.apply(desired(workflow="other"))
    hands.reports.clear()

    hands.apply()
    hands.delete()

    assert hands.reports == []
    assert hands.left() == ALL


def test_what_others_have_made_is_not_changed_and_nothing_else_is(hands):
    hands.apply(desired(workflow="other"))
    hands.reports.clear()

    with pytest.raises(ResourceError) as caught:
        hands.apply(
            desired(RESOURCES.replace("priority: 1", "priority: 2").replace("max_vcpus: 4", "max_vcpus: 5"))
        )

    said = str(caught.value)
    assert said.startswith("nothing was changed:")
    assert "compute environment 'hosts' differs in compute_resources.max_vcpus" in said
    assert "job queue 'etl' differs in priority, but this spec has not made it: it is tagged" in said
    assert f"'{MANAGED_BY}: airflow-batch/other'" in said
    assert "--adopt" in said
    assert hands.reports == []


def test_what_others_have_made_can_be_taken_over(hands):
    hands.apply(desired(workflow="other"))

    hands.apply(adopt=True)
    hands.delete()

    assert hands.left() == []


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
def test_what_cannot_be_changed_in_place_is_said_before_anything_is_done(hands, before, after, member):
    hands.apply()
    hands.reports.clear()
    wanted = desired(RESOURCES.replace(before, after).replace("vcpus: 1", "vcpus: 2"))

    with pytest.raises(ResourceError, match=f"would have to be replaced: AWS Batch cannot change {member}"):
        hands.apply(wanted)

    assert hands.reports == []


def test_hosts_cannot_be_changed_in_place_under_best_fit(hands):
    best_fit = RESOURCES.replace("        allocation_strategy: BEST_FIT_PROGRESSIVE\n", "")
    hands.apply(desired(best_fit))

    hands.apply(desired(best_fit.replace("max_vcpus: 4", "max_vcpus: 8")))  # their number can
    with pytest.raises(ResourceError, match="allocation strategy BEST_FIT"):
        hands.apply(desired(best_fit.replace("[m5, c5]", "[m5]")))


def test_a_queue_that_was_made_without_a_policy_gets_none(hands):
    hands.apply(desired(RESOURCES.replace(", scheduling_policy: fair", "")))

    with pytest.raises(ResourceError, match="cannot change scheduling_policy_arn"):
        hands.apply()


def test_a_queue_on_an_environment_that_is_nowhere(hands):
    wanted = desired("  job_queues:\n    etl: {priority: 1, compute_environment_order: [nowhere]}\n")

    with pytest.raises(ResourceError, match="there is no compute environment 'nowhere'"):
        hands.apply(wanted)
