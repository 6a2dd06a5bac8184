"""Scheduling policies and fair-share scheduling, through boto3."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud import Cloud
from tests.integration.scripts import FOREVER


def policy(cloud: Cloud, name: str = "p", **fair_share: Any) -> str:
    return str(cloud.batch.create_scheduling_policy(name=name, fairsharePolicy=fair_share)["arn"])


@pytest.fixture
def shares(stage: Cloud) -> Cloud:
    """A Region with queue ``fair``, whose shares compete for one vCPU."""
    stage.batch.create_job_queue(
        jobQueueName="fair",
        priority=1,
        schedulingPolicyArn=policy(stage),
        computeEnvironmentOrder=[{"order": 1, "computeEnvironment": stage.environment("one", vcpus=1)}],
    )
    return stage


def test_a_policy_is_described_as_it_was_created(empty: Cloud) -> None:
    arn = policy(
        empty,
        shareDecaySeconds=3600,
        computeReservation=10,
        shareDistribution=[{"shareIdentifier": "team*", "weightFactor": 0.5}, {"shareIdentifier": "other"}],
    )

    (found,) = empty.batch.describe_scheduling_policies(arns=[arn, arn + "x"])["schedulingPolicies"]

    assert arn.endswith(":scheduling-policy/p")
    assert found["fairsharePolicy"] == {
        "shareDecaySeconds": 3600,
        "computeReservation": 10,
        "shareDistribution": [
            {"shareIdentifier": "team*", "weightFactor": 0.5},
            {"shareIdentifier": "other", "weightFactor": 1.0},
        ],
    }


def test_policies_are_listed_updated_tagged_and_deleted(empty: Cloud) -> None:
    first, second = policy(empty, "first"), policy(empty, "second")
    empty.batch.update_scheduling_policy(arn=first, fairsharePolicy={"computeReservation": 5})
    empty.batch.tag_resource(resourceArn=first, tags={"team": "a"})
    (updated,) = empty.batch.describe_scheduling_policies(arns=[first])["schedulingPolicies"]

    empty.batch.delete_scheduling_policy(arn=second)

    assert updated["fairsharePolicy"]["computeReservation"] == 5
    assert updated["tags"] == {"team": "a"}
    assert empty.batch.list_scheduling_policies()["schedulingPolicies"] == [{"arn": first}]


@pytest.mark.parametrize(
    ("fair_share", "message"),
    [
        ({"shareDecaySeconds": 604_801}, "0 to 604800"),
        ({"computeReservation": 100}, "0 to 99"),
        ({"shareDistribution": [{"shareIdentifier": "a-b"}]}, "letters and digits"),
        ({"shareDistribution": [{"shareIdentifier": "a", "weightFactor": 1000.0}]}, "999.9999"),
        ({"shareDistribution": [{"shareIdentifier": "user*"}, {"shareIdentifier": "user1"}]}, "overlap"),
    ],
)
def test_an_invalid_policy_is_rejected(empty: Cloud, fair_share: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        policy(empty, **fair_share)


def test_quota_shares_are_not_supported(empty: Cloud) -> None:
    with pytest.raises(ClientError, match="not supported locally"):
        empty.batch.create_scheduling_policy(
            name="q", quotaSharePolicy={"idleResourceAssignmentStrategy": "FIFO"}
        )


def test_a_policy_in_use_cannot_be_deleted(shares: Cloud) -> None:
    (arn,) = (each["arn"] for each in shares.batch.list_scheduling_policies()["schedulingPolicies"])

    with pytest.raises(ClientError, match="Cannot delete"):
        shares.batch.delete_scheduling_policy(arn=arn)


def test_a_policy_is_replaced_but_never_added(shares: Cloud) -> None:
    other = policy(shares, "other")
    shares.batch.update_job_queue(jobQueue="fair", schedulingPolicyArn=other)

    with pytest.raises(ClientError, match="without a scheduling policy"):
        shares.batch.update_job_queue(jobQueue="q", schedulingPolicyArn=other)
    with pytest.raises(ClientError, match="does not exist"):
        shares.batch.update_job_queue(jobQueue="fair", schedulingPolicyArn="")

    (queue,) = shares.batch.describe_job_queues(jobQueues=["fair"])["jobQueues"]
    assert queue["schedulingPolicyArn"] == other


def test_a_job_of_a_share_is_described_and_listed_with_it(shares: Cloud) -> None:
    job_id = shares.submit(
        jobQueue="fair", shareIdentifier="a", schedulingPriorityOverride=7, containerOverrides=FOREVER
    )
    shares.submit(jobQueue="fair", shareIdentifier="b")

    job = shares.wait(job_id, "RUNNING")
    listed = shares.batch.list_jobs(jobQueue="fair", filters=[{"name": "SHARE_IDENTIFIER", "values": ["a"]}])[
        "jobSummaryList"
    ]

    assert (job["shareIdentifier"], job["schedulingPriority"]) == ("a", 7)
    assert [(each["jobId"], each["shareIdentifier"]) for each in listed] == [(job_id, "a")]


def test_the_share_filter_combines_with_a_status(shares: Cloud) -> None:
    running = shares.submit(jobQueue="fair", shareIdentifier="a", containerOverrides=FOREVER)
    shares.wait(running, "RUNNING")
    waiting = shares.submit(jobQueue="fair", shareIdentifier="a")
    shares.wait(waiting, "RUNNABLE")

    listed = shares.batch.list_jobs(
        jobQueue="fair", jobStatus="RUNNABLE", filters=[{"name": "SHARE_IDENTIFIER", "values": ["a"]}]
    )["jobSummaryList"]

    assert [each["jobId"] for each in listed] == [waiting]


def test_scheduling_priority_comes_from_the_definition(shares: Cloud) -> None:
    shares.define("urgent", schedulingPriority=50)

    job = shares.describe(shares.submit(jobQueue="fair", jobDefinition="urgent", shareIdentifier="a"))

    assert job["schedulingPriority"] == 50


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"jobQueue": "fair"}, "shareIdentifier must be provided"),
        ({"jobQueue": "fair", "shareIdentifier": "a*"}, "letters and digits"),
        ({"jobQueue": "fair", "shareIdentifier": "a" * 256}, "letters and digits"),
        ({"jobQueue": "fair", "shareIdentifier": "a", "schedulingPriorityOverride": 10_000}, "0 to 9999"),
        ({"shareIdentifier": "a"}, "can onlybe submitted to job queue with fair share scheduling policy."),
        ({"schedulingPriorityOverride": 1}, "can onlybe submitted to job queue with fair share"),
    ],
)
def test_a_share_is_required_in_fair_share_queues_and_forbidden_elsewhere(
    shares: Cloud, request_: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError, match=message):
        shares.submit(**request_)


def test_a_snapshot_has_the_front_and_the_usage_of_shares(shares: Cloud) -> None:
    running = shares.submit(jobQueue="fair", shareIdentifier="a", containerOverrides=FOREVER)
    shares.wait(running, "RUNNING")
    of_a = shares.submit(jobQueue="fair", shareIdentifier="a")
    of_b = shares.submit(jobQueue="fair", shareIdentifier="b")
    shares.wait(of_b, "RUNNABLE")

    snapshot = shares.batch.get_job_queue_snapshot(jobQueue="fair")

    assert [job["jobArn"].rpartition("/")[2] for job in snapshot["frontOfQueue"]["jobs"]] == [of_b, of_a]
    usage = snapshot["queueUtilization"]
    assert usage["totalCapacityUsage"] == [{"capacityUnit": "VCPU", "quantity": 1.0}]
    assert usage["fairshareUtilization"]["activeShareCount"] == 2
    assert usage["fairshareUtilization"]["topCapacityUtilization"][0] == {
        "shareIdentifier": "a",
        "capacityUsage": [{"capacityUnit": "VCPU", "quantity": 1.0}],
    }


def test_a_snapshot_holds_a_hundred_jobs_of_a_fifo_queue(stage: Cloud) -> None:
    array = stage.submit(arrayProperties={"size": 150}, containerOverrides=FOREVER)
    stage.wait(array, "PENDING")
    stage.wait(f"{array}:149", "RUNNABLE")

    front = stage.batch.get_job_queue_snapshot(jobQueue="q")["frontOfQueue"]

    arns = [job["jobArn"] for job in front["jobs"]]
    assert [arn.rpartition(":")[2] for arn in arns] == [str(index) for index in range(16, 116)]
    assert front["lastUpdatedAt"] >= front["jobs"][0]["earliestTimeAtPosition"] > 0


def test_there_is_no_snapshot_of_an_unknown_queue(stage: Cloud) -> None:
    with pytest.raises(ClientError, match=r"JobQueue nowhere not found\."):
        stage.batch.get_job_queue_snapshot(jobQueue="nowhere")
