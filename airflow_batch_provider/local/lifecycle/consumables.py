"""Consumable resources, such as licenses or connections, that jobs hold while they run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class ConsumableResource:
    """
    A quantity that jobs share.

    :param is_replenishable: whether a job returns its quantity when it ends; otherwise the job consumes it.
    :param created_at: milliseconds since the epoch.
    """

    name: str
    arn: str
    is_replenishable: bool
    total: int
    created_at: int
    in_use: int = 0

    @property
    def available(self) -> int:
        return max(0, self.total - self.in_use)


@dataclass(frozen=True, slots=True)
class ConsumableRequirement:
    """The quantity of one resource that a job requires."""

    resource: ConsumableResource
    quantity: int


def are_available(requirements: Iterable[ConsumableRequirement]) -> bool:
    return all(each.quantity <= each.resource.available for each in requirements)


def acquire(requirements: Iterable[ConsumableRequirement]) -> None:
    for each in requirements:
        each.resource.in_use += each.quantity


def release(requirements: Iterable[ConsumableRequirement]) -> None:
    """Return replenishable quantities, and deduct the others from the total."""
    for each in requirements:
        each.resource.in_use -= each.quantity
        if not each.resource.is_replenishable:
            each.resource.total = max(0, each.resource.total - each.quantity)
