"""E406, E411, E420: tags of compute environments, scheduling policies and job queues."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from airflow_batch_provider.aws_requests import refusals_of_tags
from airflow_batch_provider.spec.models import Workflow
from airflow_batch_provider.spec.rules.registry import rule
from airflow_batch_provider.spec.rules.violation import Violation

_RESOURCES: Final = {
    "compute_environments": "compute environment",
    "scheduling_policies": "scheduling policy",
    "job_queues": "job queue",
}


@rule("E406", "E411", "E420")
def tags_of_resources(workflow: Workflow) -> Iterator[Violation]:
    """Tags that AWS accepts. Those of jobs and job definitions are part of their requests."""
    for member, kind in _RESOURCES.items():
        for name, resource in getattr(workflow.resources, member).items():
            path = ("resources", member, name)
            for refusal in refusals_of_tags(resource.tags):
                text = f"{kind} '{name}' {refusal.text}"
                yield Violation(refusal.rule, (*path, *refusal.path), text, at_key=refusal.at_key)
