"""E431: ``eksProperties`` and ``eksPropertiesOverride``, which describe the containers of a pod."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider import limits
from airflow_batch_provider.aws_requests.containers import refusals_of_command, refusals_of_environment
from airflow_batch_provider.aws_requests.properties import missing_members
from airflow_batch_provider.aws_requests.refusal import Refusal
from airflow_batch_provider.aws_requests.values import entries, is_template, items, mapping, name_in

if TYPE_CHECKING:
    from airflow_batch_provider.aws_requests.refusal import RequestPath

_CONTAINERS: Final = ("containers", "initContainers")


def refusals_of_pod(properties: Any, path: RequestPath) -> Iterator[Refusal]:
    """Yield what is wrong with the pod of a job definition; Kubernetes decides about the rest."""
    pod, place = mapping(mapping(properties).get("podProperties")), (*path, "podProperties")
    if not is_template(pod.get("containers")) and not items(pod.get("containers")):
        yield Refusal("E431", place, "has no containers in its pod; AWS Batch requires at least one")
    names: list[str] = []
    for member in _CONTAINERS:
        if (count := len(items(pod.get(member)))) > limits.CONTAINERS_MAX:
            text = f"has {count} entries in {member}; AWS Batch accepts at most {limits.CONTAINERS_MAX}"
            yield Refusal("E431", (*place, member), text)
        for index, container in entries(pod.get(member)):
            name = name_in(container)
            if name is not None and name in names and not is_template(name):
                text = f"has several containers named '{name}'; give each its own name"
                yield Refusal("E431", (*place, member, index, "name"), text)
            names += [name] if name is not None else []
            for refusal in missing_members(container, (*place, member, index), ["image"]):
                yield replace(refusal, part=name and f"container '{name}'")
    yield from refusals_of_pod_containers(properties, path)


def refusals_of_pod_containers(properties: Any, path: RequestPath) -> Iterator[Refusal]:
    """Yield what is wrong with the containers of a pod, in a job definition or an override."""
    pod = mapping(mapping(properties).get("podProperties"))
    for member in _CONTAINERS:
        for index, container in entries(pod.get(member)):
            place = (*path, "podProperties", member, index)
            name = name_in(container)
            for check in (refusals_of_environment, refusals_of_command):
                for refusal in check(container, place):
                    yield replace(refusal, part=name and f"container '{name}'")
