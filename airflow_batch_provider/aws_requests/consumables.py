"""E429: consumable resources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from airflow_batch_provider.aws_requests.refusal import Refusal, RequestPath
from airflow_batch_provider.aws_requests.values import (
    entries,
    is_missing,
    is_template,
    known_number,
    mapping,
)


def refusals_of_consumables(properties: Any, path: RequestPath) -> Iterator[Refusal]:
    """Yield what is wrong with the consumable resources of a job or job definition."""
    for index, entry in entries(mapping(properties).get("consumableResourceList")):
        place = (*path, "consumableResourceList", index)
        if is_missing(entry.get("consumableResource")):
            text = "requires a consumable resource without a name; set consumable_resource to its name or ARN"
            yield Refusal("E429", place, text)
        quantity = entry.get("quantity")
        if not is_template(quantity) and (known_number(quantity) or 0) < 1:
            resource = entry.get("consumableResource")
            text = (
                f"requires {quantity} of the consumable resource '{resource}'; AWS Batch requires at least 1"
            )
            yield Refusal("E429", (*place, "quantity"), text)
