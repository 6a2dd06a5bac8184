"""E413, E414, E415: vCPUs, memory and GPUs of containers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from airflow_batch_provider import limits
from airflow_batch_provider.aws_requests.refusal import Refusal, RequestPath
from airflow_batch_provider.aws_requests.values import (
    entries,
    is_missing,
    is_template,
    known_number,
    known_text,
)


class Kind(StrEnum):
    """The types of resource requirements."""

    VCPU = "VCPU"
    MEMORY = "MEMORY"
    GPU = "GPU"


LEGACY_MEMBERS: Final = {Kind.VCPU: "vcpus", Kind.MEMORY: "memory"}
"""The deprecated members of a container, which a resource requirement of the same kind overrides."""


_RULES: Final = {Kind.VCPU: "E413", Kind.MEMORY: "E414", Kind.GPU: "E415"}


@dataclass(frozen=True, slots=True)
class Amount:
    """
    An amount that a container requires.

    :param value: the value as it is sent; it can be a template.
    """

    value: Any
    path: RequestPath

    @property
    def number(self) -> float | None:
        """The amount, if it is known."""
        return known_number(self.value)


Amounts = Mapping[Kind, Amount]


def amounts_of(container: Mapping[str, Any], path: RequestPath) -> dict[Kind, Amount]:
    """Return what a container requires, by kind."""
    found = {
        kind: Amount(container[name], (*path, name))
        for kind, name in LEGACY_MEMBERS.items()
        if not is_missing(container.get(name))
    }
    for index, requirement in entries(container.get("resourceRequirements")):
        if requirement.get("type") in tuple(Kind):
            place = (*path, "resourceRequirements", index, "value")
            found[Kind(requirement["type"])] = Amount(requirement.get("value"), place)
    return found


def are_known(container: Mapping[str, Any]) -> bool:
    """Return whether it is known which kinds a container requires, because no template decides it."""
    requirements = container.get("resourceRequirements")
    kinds = [requirement.get("type") for _, requirement in entries(requirements)]
    return not is_template(requirements) and not any(map(is_template, kinds))


def refusals_of_amounts(amounts: Amounts) -> Iterator[Refusal]:
    """Yield the amounts that no platform accepts."""
    for kind, amount in amounts.items():
        yield from _refusals_of(kind, amount)


def refusals_on_ec2(amounts: Amounts) -> Iterator[Refusal]:
    """Yield a refusal if the vCPUs are not a whole number."""
    vcpus = amounts.get(Kind.VCPU)
    if vcpus and vcpus.number is not None and vcpus.number > 0 and not vcpus.number.is_integer():
        text = f"has {_count(vcpus.value)}; EC2 requires a whole number"
        yield Refusal("E413", vcpus.path, text)


def refusals_on_fargate(containers: Sequence[Amounts]) -> Iterator[Refusal]:
    """
    Yield a refusal if Fargate has no such combination: the sums of all containers of a task.

    An amount without a path is not part of the request, and was judged elsewhere.
    """
    vcpus, memory = _sum(Kind.VCPU, containers), _sum(Kind.MEMORY, containers)
    if vcpus is None:
        return
    shown, together = f"{vcpus:g}", " in total" if len(containers) > 1 else ""
    vcpus_path, memory_path = (_first_path(kind, containers) for kind in (Kind.VCPU, Kind.MEMORY))
    sizes = limits.FARGATE_MEMORY_MIB.get(shown)
    if sizes is None and vcpus_path:
        known = ", ".join(limits.FARGATE_MEMORY_MIB)
        text = f"has {_count(shown)}{together}; Fargate supports {known}, and EC2 whole numbers"
        yield Refusal("E413", vcpus_path, text)
    elif sizes and memory is not None and memory not in sizes and (path := memory_path or vcpus_path):
        text = (
            f"has {_count(shown)} with {memory:,.10g} MiB{together}; "
            f"with {_count(shown)}, Fargate supports {_listed(sizes)} MiB"
        )
        yield Refusal("E413", path, text)


def refusals_on_some_platform(amounts: Amounts) -> Iterator[Refusal]:
    """Yield a refusal if neither EC2 nor Fargate accepts the amounts."""
    if any(refusals_on_ec2(amounts)):
        yield from refusals_on_fargate([amounts])


def _refusals_of(kind: Kind, amount: Amount) -> Iterator[Refusal]:
    number = amount.number
    if known_text(amount.value) is None:
        return
    if number is None:
        text = f"has the {kind} '{amount.value}'; AWS Batch requires a number"
        yield Refusal(_RULES[kind], amount.path, text)
    elif kind is Kind.VCPU and number <= 0:
        text = f"has {_count(amount.value)}; AWS Batch requires more than 0"
        yield Refusal("E413", amount.path, text)
    elif kind is Kind.MEMORY and number < limits.MEMORY_MIB_MIN:
        text = f"has {amount.value} MiB of memory; the minimum is {limits.MEMORY_MIB_MIN} MiB"
        yield Refusal("E414", amount.path, text)
    elif kind is Kind.MEMORY and not number.is_integer():
        text = f"has {amount.value} MiB of memory; AWS Batch requires a whole number"
        yield Refusal("E414", amount.path, text)
    elif kind is Kind.GPU and (number < 1 or not number.is_integer()):
        text = f"has gpus {amount.value}; AWS Batch requires a whole number of at least 1, or none at all"
        yield Refusal("E415", amount.path, text)


def _sum(kind: Kind, containers: Sequence[Amounts]) -> float | None:
    """Return the sum of an amount, if all containers have it and none is refused already."""
    amounts = [each[kind] for each in containers if kind in each]
    known = [each.number for each in amounts if each.number is not None and not any(_refusals_of(kind, each))]
    return round(sum(known), 3) if len(known) == len(containers) else None


def _first_path(kind: Kind, containers: Sequence[Amounts]) -> RequestPath:
    """Return the path of the first amount of a kind that the request itself contains."""
    return next((each[kind].path for each in containers if kind in each and each[kind].path), ())


def _listed(sizes: tuple[int, ...]) -> str:
    if len(sizes) <= 3:
        return " or ".join(f"{size:,}" for size in sizes)
    return f"{sizes[0]:,} to {sizes[-1]:,} in steps of {sizes[1] - sizes[0]:,}"


def _count(vcpus: object) -> str:
    return f"{vcpus} vCPU{'' if str(vcpus) == '1' else 's'}"
