"""E419, W506: overrides whose effect depends on what the provider or AWS Batch makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from airflow_batch_provider import limits
from airflow_batch_provider.aws_requests import LEGACY_MEMBERS
from airflow_batch_provider.names import camel_case_members
from airflow_batch_provider.spec.models import Workflow
from airflow_batch_provider.spec.requests.submission import definition_in_place
from airflow_batch_provider.spec.rules.registry import rule
from airflow_batch_provider.spec.rules.subjects import jobs
from airflow_batch_provider.spec.rules.violation import Violation

_CONTAINERS: Final = {
    "ecs_properties_override": ("taskProperties", "ecs_properties"),
    "eks_properties_override": ("podProperties", "eks_properties"),
}


@rule("E419")
def containers_of_large_arrays(workflow: Workflow) -> Iterator[Violation]:
    """For an array of more than 10,000 children, an override names the containers that get the index."""
    for subject in jobs(workflow):
        size = subject.get("array_size")
        if not isinstance(size, int) or size <= limits.ARRAY_SIZE_MAX:
            continue
        definition = definition_in_place(subject.members, workflow)
        for member, (within, properties) in _CONTAINERS.items():
            override = camel_case_members(subject.get(member))
            is_needed = override is not None or getattr(definition, properties, None) is not None
            if is_needed and not _has_containers((override or {}).get(within)):
                text = (
                    f"{subject.name} has {size:,} children and is split into several array jobs; {member} "
                    "must name the containers, so that each gets its index in the whole array"
                )
                path = (*subject.path, member) if override is not None else subject.path
                yield Violation("E419", path, text, at_key=override is None)


@rule("W506")
def legacy_amounts(workflow: Workflow) -> Iterator[Violation]:
    """A job does not use the deprecated `vcpus` and `memory` of `container_overrides`."""
    for subject in jobs(workflow):
        if definition_in_place(subject.members, workflow) is not None:
            continue  # they are turned into resource requirements where they would have no effect
        overrides = subject.get("container_overrides") or {}
        for member in LEGACY_MEMBERS.values():
            if member in overrides and subject.get(member) is None:
                text = (
                    f"{subject.name} has the deprecated {member} in container_overrides, which AWS Batch "
                    f"ignores if the job definition states resource requirements; write '{member}' of the job"
                )
                yield Violation("W506", (*subject.path, "container_overrides", member), text)


def _has_containers(within: Any) -> bool:
    """Return whether the tasks or the pod of an override name containers."""
    tasks = within if isinstance(within, list) else [within]
    return any(isinstance(task, dict) and task.get("containers") for task in tasks)
