"""Section 5: time limits and consumable resources."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud import Cloud, eventually
from tests.integration.conformance.director import Director
from tests.integration.scripts import FOREVER

conformance = pytest.mark.conformance
REASON = "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE"
ACTION = {"reason": REASON, "state": "RUNNABLE", "maxTimeSeconds": 600, "action": "CANCEL"}
TOO_LARGE = {"resourceRequirements": [{"type": "VCPU", "value": "99"}]}


def refused(call: Any, **request: Any) -> bool:
    with pytest.raises(ClientError) as refusal:
        call(**request)
    return bool(refusal.value.response["Error"]["Code"] == "ClientException")


def needing(quantity: int) -> dict[str, Any]:
    needs = [{"consumableResource": "license", "quantity": quantity}]
    return {"consumableResourcePropertiesOverride": {"consumableResourceList": needs}}


def running(cloud: Cloud, **request: Any) -> str:
    job_id = cloud.submit(containerOverrides=FOREVER, **request)
    cloud.wait(job_id, "RUNNING")
    return job_id


def quantities(cloud: Cloud) -> tuple[int, int, int]:
    found = cloud.batch.describe_consumable_resource(consumableResource="license")
    return found["totalQuantity"], found["inUseQuantity"], found["availableQuantity"]


@pytest.fixture
def licensed(stage: Cloud) -> Cloud:
    """A Region with three licenses."""
    stage.batch.create_consumable_resource(consumableResourceName="license", totalQuantity=3)
    return stage


@conformance("C5.45", "C1.61")
def test_a_head_that_is_blocked_for_too_long_is_cancelled(stage: Cloud, director: Director) -> None:
    stage.batch.update_job_queue(jobQueue="q", jobStateTimeLimitActions=[ACTION])
    blocked, behind = stage.submit(containerOverrides=TOO_LARGE), stage.submit()
    stage.wait(blocked, "RUNNABLE")
    stage.wait(behind, "RUNNABLE")

    director.pass_seconds(590)
    before = stage.describe(blocked)
    director.pass_seconds(20)
    after = stage.wait(blocked)

    assert before["status"] == "RUNNABLE"
    assert before["statusReason"].startswith(REASON)
    assert after["statusReason"] == f"Canceled by JobStateTimeLimit action due to reason: {REASON}"
    assert stage.wait(behind)["status"] == "SUCCEEDED"


@conformance("C5.46")
def test_a_limit_for_another_reason_does_nothing(stage: Cloud, director: Director) -> None:
    other = {**ACTION, "reason": "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"}
    stage.batch.update_job_queue(jobQueue="q", jobStateTimeLimitActions=[other])
    blocked = stage.submit(containerOverrides=TOO_LARGE)
    stage.wait(blocked, "RUNNABLE")

    director.pass_seconds(10_000)

    assert stage.describe(blocked)["status"] == "RUNNABLE"


@conformance("C5.47")
@pytest.mark.parametrize(
    "change",
    [{"maxTimeSeconds": 599}, {"maxTimeSeconds": 86_401}, {"state": "RUNNING"}, {"action": "TERMINATE"}],
)
def test_a_time_limit_has_limits(stage: Cloud, change: dict[str, Any]) -> None:
    stage.batch.update_job_queue(
        jobQueue="q", jobStateTimeLimitActions=[{**ACTION, "maxTimeSeconds": 86_400}]
    )

    actions = [{**ACTION, **change}]
    assert refused(stage.batch.update_job_queue, jobQueue="q", jobStateTimeLimitActions=actions)


CAPACITY = (
    "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill the capacity requested"
    " for instance type [instanceTypeName]"
)


@conformance("C1.64")
@pytest.mark.parametrize(
    "reason",
    [
        CAPACITY,
        "MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS – Batch service role has a permission issue.",
        "MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED - Your compute environment associated with"
        " this job queue has an unsupported instance type configuration.",
        "ACTION_REQUIRED - CE(s) associated with the job queue are invalid.",
        "UNDETERMINED - Batch job is blocked, root cause is undetermined.",
    ],
)
def test_a_shortage_is_reported_while_it_lasts(stage: Cloud, director: Director, reason: str) -> None:
    director.start_shortage("ce", None if reason is CAPACITY else reason)
    job_id = stage.submit()

    eventually(lambda: stage.describe(job_id).get("statusReason"), "a reason")
    waiting = stage.describe(job_id)
    director.end_shortage("ce")

    assert (waiting["status"], waiting["statusReason"]) == ("RUNNABLE", reason)
    assert stage.wait(job_id)["status"] == "SUCCEEDED"


@conformance("C5.45", "C1.64")
def test_a_lack_of_instances_has_a_time_limit(stage: Cloud, director: Director) -> None:
    reason = "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"
    stage.batch.update_job_queue(jobQueue="q", jobStateTimeLimitActions=[{**ACTION, "reason": reason}])
    director.start_shortage("ce")
    job_id = stage.submit()
    eventually(lambda: stage.describe(job_id).get("statusReason"), "a reason")

    director.pass_seconds(600)

    assert stage.wait(job_id)["statusReason"] == (
        f"Canceled by JobStateTimeLimit action due to reason: {reason}"
    )


@conformance("C5.48", "C1.62")
def test_a_job_that_no_instance_can_hold_says_so(stage: Cloud) -> None:
    stage.queue("small", stage.environment("small", vcpus=64, instanceTypes=["m5.large"]))
    needs = {"resourceRequirements": [{"type": "VCPU", "value": "4"}]}

    job_id = stage.submit(jobQueue="small", containerOverrides=needs)
    stage.wait(job_id, "RUNNABLE")

    assert stage.describe(job_id)["statusReason"] == (
        "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement (vCPU/memory/GPU) is higher"
        " than that can be met by the CE(s) attached to the job queue."
    )


@conformance("C5.50", "C5.51")
def test_a_job_waits_for_a_resource_and_returns_it(licensed: Cloud, director: Director) -> None:
    first = running(licensed, **needing(2))
    second = licensed.submit(containerOverrides=FOREVER, **needing(2))
    licensed.wait(second, "RUNNABLE")
    meanwhile = quantities(licensed)

    director.end(first)
    licensed.wait(second, "RUNNING")
    director.end(second)
    licensed.wait(second)

    assert meanwhile == (3, 2, 1)
    assert quantities(licensed) == (3, 0, 3)


@conformance("C5.52")
def test_a_non_replenishable_resource_is_consumed(stage: Cloud) -> None:
    stage.batch.create_consumable_resource(
        consumableResourceName="license", totalQuantity=3, resourceType="NON_REPLENISHABLE"
    )

    stage.run(**needing(2))

    assert quantities(stage)[2] == 1


@conformance("C5.53")
@pytest.mark.parametrize(("operation", "total"), [("SET", 2), ("ADD", 5), ("REMOVE", 1)])
def test_a_quantity_is_set_added_or_removed(licensed: Cloud, operation: str, total: int) -> None:
    update = licensed.batch.update_consumable_resource

    answer = update(consumableResource="license", operation=operation, quantity=2)

    assert answer["totalQuantity"] == total
    assert refused(update, consumableResource="license", operation="HALVE", quantity=2)


@conformance("C5.54")
def test_an_update_that_is_repeated_with_its_token_counts_once(licensed: Cloud) -> None:
    for _ in range(2):
        licensed.batch.update_consumable_resource(
            consumableResource="license", operation="ADD", quantity=2, clientToken="one"
        )

    assert quantities(licensed)[0] == 5


@conformance("C5.54")
def test_a_token_is_forgotten_after_eight_hours(licensed: Cloud, director: Director) -> None:
    def add() -> int:
        licensed.batch.update_consumable_resource(
            consumableResource="license", operation="ADD", quantity=2, clientToken="one"
        )
        return quantities(licensed)[0]

    first = add()
    director.pass_seconds(8 * 3600 - 60)
    before = add()
    director.pass_seconds(120)

    assert (first, before, add()) == (5, 5, 7)


@conformance("C5.55")
def test_a_definition_needs_resources_too(licensed: Cloud) -> None:
    needs = {"consumableResourceList": [{"consumableResource": "license", "quantity": 1}]}
    licensed.define("licensed", consumableResourceProperties=needs)

    job_id = running(licensed, jobDefinition="licensed")
    (found,) = licensed.batch.list_jobs_by_consumable_resource(consumableResource="license")["jobs"]

    assert quantities(licensed) == (3, 1, 2)
    assert (found["jobArn"].rpartition("/")[2], found["quantity"]) == (job_id, 1)
