"""Consumable resources, through boto3."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud import Cloud
from tests.integration.scripts import FOREVER


def create(cloud: Cloud, name: str = "license", total: int = 3, **request: Any) -> str:
    answer = cloud.batch.create_consumable_resource(
        consumableResourceName=name, totalQuantity=total, **request
    )
    return str(answer["consumableResourceArn"])


def needing(quantity: int, resource: str = "license") -> dict[str, Any]:
    return {"consumableResourceList": [{"consumableResource": resource, "quantity": quantity}]}


def quantities(cloud: Cloud) -> tuple[int, int, int]:
    found = cloud.batch.describe_consumable_resource(consumableResource="license")
    return found["totalQuantity"], found["inUseQuantity"], found["availableQuantity"]


def test_a_resource_is_described(empty: Cloud) -> None:
    arn = create(empty, tags={"team": "a"})

    found = empty.batch.describe_consumable_resource(consumableResource=arn)

    assert (found["consumableResourceName"], found["resourceType"]) == ("license", "REPLENISHABLE")
    assert (found["totalQuantity"], found["inUseQuantity"], found["availableQuantity"]) == (3, 0, 3)
    assert found["createdAt"] > 0
    assert found["tags"] == {"team": "a"}


def test_resources_are_listed_by_name(empty: Cloud) -> None:
    for name in ("LicenseA", "licenseB", "tokens"):
        create(empty, name, resourceType="NON_REPLENISHABLE")

    found = empty.batch.list_consumable_resources(
        filters=[{"name": "CONSUMABLE_RESOURCE_NAME", "values": ["license*"]}]
    )["consumableResources"]

    assert [each["consumableResourceName"] for each in found] == ["LicenseA", "licenseB"]
    assert {each["resourceType"] for each in found} == {"NON_REPLENISHABLE"}


@pytest.mark.parametrize(("operation", "total"), [("SET", 2), ("ADD", 5), ("REMOVE", 1)])
def test_a_quantity_is_set_added_to_or_removed_from(empty: Cloud, operation: str, total: int) -> None:
    create(empty)

    answer = empty.batch.update_consumable_resource(
        consumableResource="license", operation=operation, quantity=2
    )

    assert answer["totalQuantity"] == total == quantities(empty)[0]


def test_an_update_with_one_token_is_made_once(empty: Cloud) -> None:
    create(empty)
    update = {"consumableResource": "license", "operation": "ADD", "quantity": 1, "clientToken": "once"}

    for _ in range(2):
        empty.batch.update_consumable_resource(**update)

    assert quantities(empty)[0] == 4


def test_a_job_waits_until_the_resource_is_available(stage: Cloud) -> None:
    create(stage)
    stage.define("licensed", consumableResourceProperties=needing(2))
    first = stage.submit(jobDefinition="licensed", containerOverrides=FOREVER)
    stage.wait(first, "RUNNING")
    second = stage.wait(stage.submit(jobDefinition="licensed", containerOverrides=FOREVER), "RUNNABLE")
    held = quantities(stage)

    stage.batch.terminate_job(jobId=first, reason="enough")

    assert held == (3, 2, 1)
    assert stage.wait(second["jobId"], "RUNNING")


def test_an_override_changes_the_quantity(stage: Cloud) -> None:
    arn = create(stage)
    stage.define("licensed", consumableResourceProperties=needing(2))

    job = stage.run(jobDefinition="licensed", consumableResourcePropertiesOverride=needing(1))

    assert job["consumableResourceProperties"] == needing(1, arn)


def test_a_non_replenishable_resource_is_consumed(stage: Cloud) -> None:
    create(stage, resourceType="NON_REPLENISHABLE")

    stage.run(consumableResourcePropertiesOverride=needing(2))

    assert quantities(stage) == (1, 0, 1)
    waiting = stage.submit(consumableResourcePropertiesOverride=needing(2))
    assert stage.wait(waiting, "RUNNABLE")
    stage.batch.update_consumable_resource(consumableResource="license", operation="ADD", quantity=1)
    assert stage.wait(waiting)["status"] == "SUCCEEDED"


def test_jobs_are_listed_by_resource(stage: Cloud) -> None:
    create(stage)
    ended = stage.run(jobName="early", consumableResourcePropertiesOverride=needing(1))
    running = stage.submit(
        jobName="late", containerOverrides=FOREVER, consumableResourcePropertiesOverride=needing(2)
    )
    stage.submit()
    stage.wait(running, "RUNNING")

    def listed(*filters: dict[str, Any]) -> list[tuple[str, str, int]]:
        jobs = stage.batch.list_jobs_by_consumable_resource(
            consumableResource="license", filters=list(filters)
        )["jobs"]
        return [(job["jobName"], job["jobStatus"], job["quantity"]) for job in jobs]

    assert ended["status"] == "SUCCEEDED"
    assert listed() == [("late", "RUNNING", 2), ("early", "SUCCEEDED", 1)]
    assert listed({"name": "JOB_STATUS", "values": ["RUNNING"]}) == [("late", "RUNNING", 2)]
    assert listed({"name": "JOB_NAME", "values": ["EAR*"]}) == [("early", "SUCCEEDED", 1)]


def test_a_resource_that_jobs_need_cannot_be_deleted(stage: Cloud) -> None:
    create(stage)
    job_id = stage.submit(containerOverrides=FOREVER, consumableResourcePropertiesOverride=needing(1))
    stage.wait(job_id, "RUNNING")

    with pytest.raises(ClientError, match="Cannot delete"):
        stage.batch.delete_consumable_resource(consumableResource="license")
    stage.batch.terminate_job(jobId=job_id, reason="enough")
    stage.wait(job_id)
    stage.batch.delete_consumable_resource(consumableResource="license")

    assert stage.batch.list_consumable_resources()["consumableResources"] == []


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        ("create_consumable_resource", {"consumableResourceName": "a b"}, "does not match"),
        ("create_consumable_resource", {"consumableResourceName": "license"}, "already exists"),
        (
            "create_consumable_resource",
            {"consumableResourceName": "x", "totalQuantity": -1},
            "must not be negative",
        ),
        (
            "create_consumable_resource",
            {"consumableResourceName": "x", "resourceType": "EDIBLE"},
            "REPLENISHABLE, NON_REPLENISHABLE",
        ),
        ("update_consumable_resource", {"consumableResource": "license", "quantity": 1}, "SET, ADD, REMOVE"),
        (
            "update_consumable_resource",
            {"consumableResource": "license", "operation": "REMOVE", "quantity": 4},
            "must not be negative",
        ),
        ("describe_consumable_resource", {"consumableResource": "x"}, "does not exist"),
        (
            "list_consumable_resources",
            {"filters": [{"name": "NAME", "values": ["x"]}]},
            "CONSUMABLE_RESOURCE_NAME",
        ),
        (
            "list_jobs_by_consumable_resource",
            {"consumableResource": "license", "filters": [{"name": "X"}]},
            "JOB_STATUS, JOB_NAME",
        ),
    ],
)
def test_invalid_requests_are_rejected(
    empty: Cloud, operation: str, request_: dict[str, Any], message: str
) -> None:
    create(empty)

    with pytest.raises(ClientError, match=message) as refusal:
        getattr(empty.batch, operation)(**request_)

    assert refusal.value.response["Error"]["Code"] == "ClientException"


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        (needing(1, "unknown"), "does not exist"),
        (needing(0), "1 or more"),
        ({"consumableResourceList": [{"quantity": 1}]}, "1 or more"),
        ({"consumableResourceList": needing(1)["consumableResourceList"] * 6}, "the maximum is 5"),
    ],
)
def test_an_invalid_requirement_is_rejected(stage: Cloud, properties: dict[str, Any], message: str) -> None:
    create(stage)

    with pytest.raises(ClientError, match=message):
        stage.submit(consumableResourcePropertiesOverride=properties)
