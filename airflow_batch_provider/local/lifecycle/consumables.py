"""Consumable resources: licences, connections and the like, which jobs hold while they run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class ConsumableResource:
    """
    A number of things that jobs share.

    :param is_replenishable: whether jobs give back what they held; otherwise it is used up.
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
class Need:
    """What a job needs of one resource."""

    resource: ConsumableResource
    quantity: int


def are_met(needs: Iterable[Need]) -> bool:
    return all(need.quantity <= need.resource.available for need in needs)


def hold(needs: Iterable[Need]) -> None:
    for need in needs:
        need.resource.in_use += need.quantity


def give_back(needs: Iterable[Need]) -> None:
    """Give back what can be replenished, and write off the rest."""
    for need in needs:
        need.resource.in_use -= need.quantity
        if not need.resource.is_replenishable:
            need.resource.total = max(0, need.resource.total - need.quantity)
