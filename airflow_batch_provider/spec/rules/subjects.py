"""The parts of a workflow that rules check: jobs, inline job definitions, and backfill overrides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from airflow_batch_provider.spec.document import DataPath
from airflow_batch_provider.spec.models import JobDefinition, Workflow


@dataclass(frozen=True, slots=True)
class Subject:
    """A part of a workflow, and its name in messages."""

    path: DataPath
    name: str
    members: Any

    def get(self, name: str) -> Any:
        return getattr(self.members, name, None)


def jobs(workflow: Workflow) -> Iterator[Subject]:
    """Yield all jobs."""
    for key, job in workflow.jobs.items():
        yield Subject(("jobs", key), f"job '{key}'", job)


def subjects(workflow: Workflow) -> Iterator[Subject]:
    """Yield everything that has members of SubmitJob or RegisterJobDefinition."""
    for job in jobs(workflow):
        yield job
        definition = job.members.job_definition
        if isinstance(definition, JobDefinition):
            yield Subject((*job.path, "job_definition"), f"the job definition of {job.name}", definition)
    for name, definition in workflow.resources.job_definitions.items():
        yield Subject(("resources", "job_definitions", name), f"job definition '{name}'", definition)
    if workflow.backfill.model_fields_set:
        yield Subject(("backfill",), "'backfill'", workflow.backfill)
