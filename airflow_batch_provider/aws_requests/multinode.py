"""E430: ``nodeProperties``, which describe a multi-node parallel job."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.aws_requests.ecs_tasks import refusals_of_task
from airflow_batch_provider.aws_requests.platforms import Platform
from airflow_batch_provider.aws_requests.pods import refusals_of_pod
from airflow_batch_provider.aws_requests.properties import refusals_of_container_properties
from airflow_batch_provider.aws_requests.refusal import Refusal
from airflow_batch_provider.aws_requests.values import (
    entries,
    is_template,
    known_number,
    known_text,
    mapping,
)

if TYPE_CHECKING:
    from airflow_batch_provider.aws_requests.refusal import RequestPath

_RANGE: Final = re.compile(r"(\d+)|(\d*):(\d*)")
_NODES_CHECKED: Final = 10_000
"""More nodes than any job has, so that a mistyped number costs no time."""
_KINDS: Final = ("container", "ecsProperties", "eksProperties")


def refusals_of_nodes(properties: Mapping[str, Any], path: RequestPath) -> Iterator[Refusal]:
    """Yield what is wrong with the nodes and their containers."""
    count, main = known_number(properties.get("numNodes")), known_number(properties.get("mainNode"))
    if count is not None and count < 1:
        text = f"has {count:g} nodes in num_nodes; AWS Batch requires at least 1"
        yield Refusal("E430", (*path, "numNodes"), text)
    elif count is not None:
        if main is not None and not 0 <= main < count:
            text = f"has the main_node {main:g}; with {count:g} nodes, it is 0 to {count - 1:g}"
            yield Refusal("E430", (*path, "mainNode"), text)
        checked = min(int(count), _NODES_CHECKED)
        yield from _refusals_of_coverage(properties.get("nodeRangeProperties"), checked, path)
    for index, nodes in entries(properties.get("nodeRangeProperties")):
        place = (*path, "nodeRangeProperties", index)
        for refusal in _refusals_of_range(nodes, place):
            part = f"the node range {nodes.get('targetNodes')}"
            yield replace(refusal, part=refusal.part or part)


def _refusals_of_coverage(ranges: Any, count: int, path: RequestPath) -> Iterator[Refusal]:
    """Yield the nodes that no range contains, unless a range is unknown or malformed."""
    written = [known_text(nodes.get("targetNodes")) for _, nodes in entries(ranges)]
    bounds = [_bounds(text, count) for text in written if text is not None]
    if is_template(ranges) or None in written or None in bounds:
        return
    covered = {node for first, last in filter(None, bounds) for node in range(first, min(last, count) + 1)}
    if missing := [node for node in range(count) if node not in covered]:
        text = f"has no node range for node {missing[0]}; the ranges must contain all {count} nodes"
        yield Refusal("E430", (*path, "nodeRangeProperties"), text)


def _bounds(text: str, count: int) -> tuple[int, int] | None:
    """Return the first and last node of ``0:3``, ``:3``, ``2:`` or ``1``; None if it is malformed."""
    match = _RANGE.fullmatch(text)
    if match is None:
        return None
    if match[1] is not None:
        return int(match[1]), int(match[1])
    return int(match[2] or 0), int(match[3] or count - 1)


def _refusals_of_range(nodes: Mapping[str, Any], path: RequestPath) -> Iterator[Refusal]:
    target = known_text(nodes.get("targetNodes"))
    if target is not None and not _RANGE.fullmatch(target):
        text = f"has the target_nodes '{target}'; use a range such as '0:3', ':3' or '2:'"
        yield Refusal("E430", (*path, "targetNodes"), text)
    kinds = [kind for kind in _KINDS if nodes.get(kind) is not None]
    if len(kinds) != 1:
        yield Refusal("E430", path, "has not exactly one of container, ecs_properties and eks_properties")
    if "container" in kinds:
        container = mapping(nodes["container"])
        yield from refusals_of_container_properties(container, (*path, "container"), Platform.EC2)
    if "ecsProperties" in kinds:
        yield from refusals_of_task(nodes["ecsProperties"], (*path, "ecsProperties"), Platform.EC2)
    if "eksProperties" in kinds:
        yield from refusals_of_pod(nodes["eksProperties"], (*path, "eksProperties"))
