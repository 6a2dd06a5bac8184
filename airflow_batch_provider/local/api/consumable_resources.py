"""Create, update, delete, describe and list consumable resources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.local.api.pagination import page_by_offset
from airflow_batch_provider.local.api.tag_rules import check_tags
from airflow_batch_provider.local.errors import ClientException
from airflow_batch_provider.local.job_definitions import NAME
from airflow_batch_provider.local.lifecycle.consumables import ConsumableResource
from airflow_batch_provider.local.lifecycle.job_index import matches_name

if TYPE_CHECKING:
    from airflow_batch_provider.local.api.request import Request

MAX_RESOURCES: Final = 50_000
TYPES: Final = ("REPLENISHABLE", "NON_REPLENISHABLE")
UPDATE_OPERATIONS: Final = ("SET", "ADD", "REMOVE")
NAME_FILTER: Final = "CONSUMABLE_RESOURCE_NAME"


def create_consumable_resource(request: Request) -> dict[str, Any]:
    params, region = request.params, request.region
    name, kind = params["consumableResourceName"], params.get("resourceType", TYPES[0])
    if not NAME.fullmatch(name):
        raise ClientException(f"consumableResourceName {name!r} does not match {NAME.pattern}.")
    if name in region.consumables:
        raise ClientException(f"Object already exists: consumable resource {name}.")
    if len(region.consumables) >= MAX_RESOURCES:
        raise ClientException(f"A Region has at most {MAX_RESOURCES} consumable resources.")
    if kind not in TYPES:
        raise ClientException(f"resourceType is {kind!r}; it must be one of {', '.join(TYPES)}.")
    total = _check_not_negative("totalQuantity", params.get("totalQuantity", 0))
    check_tags(params.get("tags", {}))
    resource = ConsumableResource(
        name=name,
        arn=region.location.batch_arn("consumable-resource", name),
        is_replenishable=kind == TYPES[0],
        total=total,
        created_at=request.now,
    )
    region.consumables[name] = resource
    region.tags[resource.arn] = dict(params.get("tags", {}))
    return {"consumableResourceName": name, "consumableResourceArn": resource.arn}


def update_consumable_resource(request: Request) -> dict[str, Any]:
    params, region = request.params, request.region
    resource = existing_resource(request, params["consumableResource"])
    operation = params.get("operation")
    if operation not in UPDATE_OPERATIONS:
        raise ClientException(
            f"operation is {operation!r}; it must be one of {', '.join(UPDATE_OPERATIONS)}."
        )
    if "quantity" not in params:
        raise ClientException("quantity must be provided.")
    quantity = _check_not_negative("quantity", params["quantity"])
    token = params.get("clientToken")
    if token is None or region.client_tokens.is_new((resource.name, operation, quantity, token), request.now):
        resource.total = _updated_total(resource, operation, quantity)
        region.scheduler.reconsider(region.scheduler.queues.values())
    return {
        "consumableResourceName": resource.name,
        "consumableResourceArn": resource.arn,
        "totalQuantity": resource.total,
    }


def delete_consumable_resource(request: Request) -> dict[str, Any]:
    region = request.region
    resource = existing_resource(request, request.params["consumableResource"])
    if any(not job.status.is_final for job in region.jobs_requiring(resource)):
        raise ClientException(f"Cannot delete, jobs need consumable resource {resource.name}.")
    del region.consumables[resource.name]
    region.tags.pop(resource.arn, None)
    return {}


def describe_consumable_resource(request: Request) -> dict[str, Any]:
    resource = existing_resource(request, request.params["consumableResource"])
    return {
        **_summarize(resource),
        "availableQuantity": resource.available,
        "createdAt": resource.created_at,
        "tags": request.region.tags.get(resource.arn, {}),
    }


def list_consumable_resources(request: Request) -> dict[str, Any]:
    page, token = page_by_offset(_filtered(request), request.params)
    return {"consumableResources": [_summarize(resource) for resource in page], "nextToken": token}


def existing_resource(request: Request, name_or_arn: str) -> ConsumableResource:
    """Return a consumable resource; raise ``ClientException`` if it does not exist."""
    resource = request.region.find_consumable(name_or_arn)
    if resource is None:
        raise ClientException(f"Consumable resource {name_or_arn} does not exist.")
    return resource


def _filtered(request: Request) -> Iterator[ConsumableResource]:
    filters = request.params.get("filters", [])
    for each in filters:
        if each.get("name") != NAME_FILTER:
            raise ClientException(f"Filter {each.get('name')!r} is unknown; it must be {NAME_FILTER}.")
    patterns = [each.get("values", []) for each in filters]
    return (
        resource
        for resource in request.region.consumables.values()
        if all(any(matches_name(resource.name, value) for value in values) for values in patterns)
    )


def _summarize(resource: ConsumableResource) -> dict[str, Any]:
    return {
        "consumableResourceName": resource.name,
        "consumableResourceArn": resource.arn,
        "totalQuantity": resource.total,
        "inUseQuantity": resource.in_use,
        "resourceType": TYPES[0] if resource.is_replenishable else TYPES[1],
    }


def _updated_total(resource: ConsumableResource, operation: str, quantity: int) -> int:
    if operation == "SET":
        return quantity
    total = resource.total + (quantity if operation == "ADD" else -quantity)
    return _check_not_negative("totalQuantity", total)


def _check_not_negative(name: str, value: int) -> int:
    if value < 0:
        raise ClientException(f"{name} is {value}; it must not be negative.")
    return value
