"""Section 5: fair-share scheduling and queue snapshots."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud import Cloud
from tests.integration.conformance.director import Director
from tests.integration.scripts import FOREVER

conformance = pytest.mark.conformance


def policy(cloud: Cloud, name: str = "p", **fair_share: Any) -> str:
    return str(cloud.batch.create_scheduling_policy(name=name, fairsharePolicy=fair_share)["arn"])


def refused(call: Any, **request: Any) -> bool:
    with pytest.raises(ClientError) as refusal:
        call(**request)
    return bool(refusal.value.response["Error"]["Code"] == "ClientException")


def fair_queue(cloud: Cloud, **fair_share: Any) -> str:
    """Create queue ``fair``, whose shares compete for the one vCPU of ``narrow``."""
    arn = policy(cloud, **fair_share)
    order = [{"order": 1, "computeEnvironment": "ce"}]
    cloud.batch.create_job_queue(
        jobQueueName="fair", priority=1, schedulingPolicyArn=arn, computeEnvironmentOrder=order
    )
    return arn


def submit(cloud: Cloud, share: str, **request: Any) -> str:
    return cloud.submit(jobQueue="fair", shareIdentifier=share, containerOverrides=FOREVER, **request)


def order_of_starts(cloud: Cloud, director: Director, job_ids: dict[str, str]) -> list[str]:
    """Run the jobs one after the other, and return their order."""
    order = []
    while len(order) < len(job_ids):
        left = {name: job_id for name, job_id in job_ids.items() if name not in order}
        cloud.wait(next(iter(left.values())), "RUNNABLE", "RUNNING")
        listed = cloud.batch.list_jobs(jobQueue="fair")["jobSummaryList"]
        running = [name for name, job_id in left.items() if job_id in {job["jobId"] for job in listed}]
        for name in running:
            order.append(name)
            director.pass_seconds(60)
            director.end(left[name])
            cloud.wait(left[name])
    return order


@conformance("C5.30")
def test_a_queue_with_a_policy_needs_shares_and_others_refuse_them(narrow: Cloud) -> None:
    fair_queue(narrow)

    assert refused(narrow.submit, jobQueue="fair")
    assert refused(narrow.submit, shareIdentifier="a")
    assert refused(narrow.submit, schedulingPriorityOverride=1)
    assert narrow.describe(submit(narrow, "a"))["shareIdentifier"] == "a"


@conformance("C5.31")
def test_a_policy_is_replaced_but_neither_added_nor_removed(narrow: Cloud) -> None:
    fair_queue(narrow)
    other = policy(narrow, "other")

    narrow.batch.update_job_queue(jobQueue="fair", schedulingPolicyArn=other)

    (queue,) = narrow.batch.describe_job_queues(jobQueues=["fair"])["jobQueues"]
    assert queue["schedulingPolicyArn"] == other
    assert refused(narrow.batch.update_job_queue, jobQueue="q", schedulingPolicyArn=other)
    assert refused(narrow.batch.update_job_queue, jobQueue="fair", schedulingPolicyArn="")


@conformance("C5.32")
def test_the_share_that_has_used_least_is_served_next(narrow: Cloud, director: Director) -> None:
    fair_queue(narrow, shareDecaySeconds=3600)
    job_ids = {name: submit(narrow, name[0]) for name in ("a1", "a2", "a3", "b1", "b2")}

    order = order_of_starts(narrow, director, job_ids)

    assert order == ["a1", "b1", "a2", "b2", "a3"]


@conformance("C5.33")
def test_a_lower_weight_is_served_more_often(narrow: Cloud, director: Director) -> None:
    distribution = [{"shareIdentifier": "b", "weightFactor": 0.25}]
    fair_queue(narrow, shareDecaySeconds=604_800, shareDistribution=distribution)
    job_ids = {name: submit(narrow, name[0]) for name in ("a1", "a2", "b1", "b2", "b3")}

    order = order_of_starts(narrow, director, job_ids)

    assert order.index("b3") < order.index("a2")


@conformance("C5.34")
def test_inside_a_share_the_higher_priority_goes_first(narrow: Cloud, director: Director) -> None:
    fair_queue(narrow)
    job_ids = {"first": submit(narrow, "a")}
    narrow.wait(job_ids["first"], "RUNNING")
    job_ids["low"] = submit(narrow, "a", schedulingPriorityOverride=1)
    job_ids["high"] = submit(narrow, "a", schedulingPriorityOverride=9)
    narrow.wait(job_ids["high"], "RUNNABLE")

    assert order_of_starts(narrow, director, job_ids) == ["first", "high", "low"]


@conformance("C5.35")
def test_the_priority_of_the_submission_beats_the_definitions(narrow: Cloud) -> None:
    fair_queue(narrow)
    narrow.define("urgent", schedulingPriority=50)

    own = narrow.describe(submit(narrow, "a", jobDefinition="urgent"))
    other = narrow.describe(submit(narrow, "a", jobDefinition="urgent", schedulingPriorityOverride=7))

    assert (own["schedulingPriority"], other["schedulingPriority"]) == (50, 7)


@conformance("C5.36")
@pytest.mark.parametrize(
    "fair_share",
    [
        {"shareDecaySeconds": -1},
        {"shareDecaySeconds": 604_801},
        {"computeReservation": -1},
        {"computeReservation": 100},
        {"shareDistribution": [{"shareIdentifier": "a-b"}]},
        {"shareDistribution": [{"shareIdentifier": "a" * 256}]},
        {"shareDistribution": [{"shareIdentifier": "a", "weightFactor": 0.00001}]},
        {"shareDistribution": [{"shareIdentifier": "a", "weightFactor": 1000.0}]},
    ],
)
def test_a_policy_has_limits(empty: Cloud, fair_share: dict[str, Any]) -> None:
    assert refused(policy, cloud=empty, **fair_share)


@conformance("C5.36")
@pytest.mark.parametrize(
    "fair_share",
    [
        {"shareDecaySeconds": 604_800, "computeReservation": 99},
        {"shareDecaySeconds": 0, "computeReservation": 0},
        {"shareDistribution": [{"shareIdentifier": "a" * 255, "weightFactor": 0.0001}]},
        {"shareDistribution": [{"shareIdentifier": "a", "weightFactor": 999.9999}]},
    ],
)
def test_a_policy_within_the_limits_is_taken(empty: Cloud, fair_share: dict[str, Any]) -> None:
    assert policy(empty, **fair_share)


@conformance("C5.37")
def test_a_share_prefix_ends_in_a_star_in_policies_alone(narrow: Cloud) -> None:
    fair_queue(narrow, shareDistribution=[{"shareIdentifier": "team*", "weightFactor": 0.5}])

    assert refused(submit, cloud=narrow, share="team*")
    assert submit(narrow, "team1")


@conformance("C5.38")
@pytest.mark.parametrize("priority", [-1, 10_000])
def test_a_scheduling_priority_is_0_to_9999(narrow: Cloud, priority: int) -> None:
    fair_queue(narrow)

    assert submit(narrow, "a", schedulingPriorityOverride=9999)
    assert refused(submit, cloud=narrow, share="a", schedulingPriorityOverride=priority)


@conformance("C5.42")
def test_a_queue_has_at_most_500_active_shares(narrow: Cloud, director: Director) -> None:
    fair_queue(narrow)
    first = submit(narrow, "s0")
    narrow.wait(first, "RUNNING")
    for number in range(1, 500):
        submit(narrow, f"s{number}")

    assert refused(submit, cloud=narrow, share="s500")
    assert submit(narrow, "s499")
    director.end(first)
    narrow.wait(first)
    assert submit(narrow, "s500")


@conformance("C5.43")
@pytest.mark.parametrize(("decay_seconds", "next_one"), [(60, "a"), (604_800, "b")])
def test_past_usage_fades(narrow: Cloud, director: Director, decay_seconds: int, next_one: str) -> None:
    """Share a has a high usage long ago, share b a low usage just now."""
    fair_queue(narrow, shareDecaySeconds=decay_seconds)
    for share, seconds, idle_seconds in (("a", 1000, 6000), ("b", 100, 0)):
        job_id = submit(narrow, share)
        narrow.wait(job_id, "RUNNING")
        if share == "b":
            waiting = {name: submit(narrow, name) for name in ("b", "a")}
            for each in waiting.values():
                narrow.wait(each, "RUNNABLE")
        director.pass_seconds(seconds)
        director.end(job_id)
        narrow.wait(job_id)
        director.pass_seconds(idle_seconds)

    narrow.wait(waiting[next_one], "RUNNING")

    (other,) = {"a", "b"} - {next_one}
    assert narrow.describe(waiting[other])["status"] == "RUNNABLE"


@conformance("C5.44")
def test_room_is_kept_for_shares_to_come(stage: Cloud) -> None:
    """Of 4 vCPUs, half are reserved while one share is active, and a quarter while two are."""
    stage.batch.update_compute_environment(computeEnvironment="ce", computeResources={"maxvCpus": 4})
    fair_queue(stage, computeReservation=50)
    first, second, third = (submit(stage, "a") for _ in range(3))
    stage.wait(second, "RUNNING")
    stage.wait(third, "RUNNABLE")
    alone = stage.describe(third)["status"]

    other = submit(stage, "b")
    stage.wait(other, "RUNNING")

    assert (stage.describe(first)["status"], alone) == ("RUNNING", "RUNNABLE")
    assert stage.describe(third)["status"] == "RUNNABLE"


@conformance("C7.08")
def test_the_filter_for_shares_combines_with_a_status(narrow: Cloud) -> None:
    fair_queue(narrow)
    running = submit(narrow, "a")
    narrow.wait(running, "RUNNING")
    waiting = submit(narrow, "a")
    narrow.wait(waiting, "RUNNABLE")
    submit(narrow, "b")
    filters = [{"name": "SHARE_IDENTIFIER", "values": ["a"]}]

    listed = narrow.batch.list_jobs(jobQueue="fair", jobStatus="RUNNABLE", filters=filters)["jobSummaryList"]

    assert [(job["jobId"], job["shareIdentifier"]) for job in listed] == [(waiting, "a")]


@conformance("C5.39")
def test_a_policy_in_use_is_not_deleted(narrow: Cloud) -> None:
    arn = fair_queue(narrow)
    idle = policy(narrow, "idle")

    narrow.batch.delete_scheduling_policy(arn=idle)

    assert refused(narrow.batch.delete_scheduling_policy, arn=arn)
    assert narrow.batch.list_scheduling_policies()["schedulingPolicies"] == [{"arn": arn}]


@conformance("C5.40")
def test_a_snapshot_has_the_next_jobs(narrow: Cloud) -> None:
    array = narrow.submit(arrayProperties={"size": 102}, containerOverrides=FOREVER)
    narrow.wait(f"{array}:101", "RUNNABLE")

    snapshot = narrow.batch.get_job_queue_snapshot(jobQueue="q")
    jobs = snapshot["frontOfQueue"]["jobs"]

    assert [job["jobArn"].rpartition(":")[2] for job in jobs] == [str(index) for index in range(1, 101)]
    assert snapshot["frontOfQueue"]["lastUpdatedAt"] >= jobs[0]["earliestTimeAtPosition"] > 0
    assert snapshot["queueUtilization"]["totalCapacityUsage"] == [{"capacityUnit": "VCPU", "quantity": 1.0}]


@conformance("C5.41")
def test_a_snapshot_has_the_usage_of_shares(narrow: Cloud) -> None:
    fair_queue(narrow)
    narrow.wait(submit(narrow, "a"), "RUNNING")
    narrow.wait(submit(narrow, "b"), "RUNNABLE")

    utilization = narrow.batch.get_job_queue_snapshot(jobQueue="fair")["queueUtilization"]

    shares = utilization["fairshareUtilization"]
    assert shares["activeShareCount"] == 2
    assert len(shares["topCapacityUtilization"]) == 2
    assert shares["topCapacityUtilization"][0] == {
        "shareIdentifier": "a",
        "capacityUsage": [{"capacityUnit": "VCPU", "quantity": 1.0}],
    }


@conformance("C5.41")
def test_a_snapshot_shows_at_most_twenty_shares(narrow: Cloud) -> None:
    fair_queue(narrow)
    for number in range(21):
        submit(narrow, f"s{number}")

    utilization = narrow.batch.get_job_queue_snapshot(jobQueue="fair")["queueUtilization"]

    shares = utilization["fairshareUtilization"]
    assert (shares["activeShareCount"], len(shares["topCapacityUtilization"])) == (21, 20)
