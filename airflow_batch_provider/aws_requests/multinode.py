"""E430: ``nodeProperties``, which describe a multi-node parallel job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from airflow_batch_provider.aws_requests.ecs_tasks import refusals_of_task
from airflow_batch_provider.aws_requests.platforms import Platform
from airflow_batch_provider.aws_requests.pods import refusals_of_pod
from airflow_batch_provider.aws_requests.properties import refusals_of_container_properties
from airflow_batch_provider.aws_requests.refusal import Refusal, RequestPath
from airflow_batch_provider.aws_requests.values import entries, known_number, mapping


def refusals_of_nodes(properties: Mapping[str, Any], path: RequestPath) -> Iterator[Refusal]:
    """Yield what is wrong with the nodes and their containers."""
    count, main = known_number(properties.get("numNodes")), known_number(properties.get("mainNode"))
    if count is not None and count < 1:
        text = f"has {count:g} nodes in num_nodes; AWS Batch requires at least 1"
        yield Refusal("E430", (*path, "numNodes"), text)
    elif count is not None and main is not None and not 0 <= main < count:
        text = f"has the main_node {main:g}; with {count:g} nodes, it is 0 to {count - 1:g}"
        yield Refusal("E430", (*path, "mainNode"), text)
    for index, nodes in entries(properties.get("nodeRangeProperties")):
        place = (*path, "nodeRangeProperties", index)
        for refusal in _refusals_of_range(nodes, place):
            part = f"the node range {nodes.get('targetNodes')}"
            yield replace(refusal, part=refusal.part or part)


def _refusals_of_range(nodes: Mapping[str, Any], path: RequestPath) -> Iterator[Refusal]:
    if nodes.get("container") is not None:
        container = mapping(nodes["container"])
        yield from refusals_of_container_properties(container, (*path, "container"), Platform.EC2)
    if nodes.get("ecsProperties") is not None:
        yield from refusals_of_task(nodes["ecsProperties"], (*path, "ecsProperties"), Platform.EC2)
    if nodes.get("eksProperties") is not None:
        yield from refusals_of_pod(nodes["eksProperties"], (*path, "eksProperties"))
