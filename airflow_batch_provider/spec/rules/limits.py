"""E401, E407: the size of arrays, and what every job needs."""

from __future__ import annotations

from collections.abc import Iterator

from airflow_batch_provider import limits
from airflow_batch_provider.spec.models import Workflow
from airflow_batch_provider.spec.rules.registry import rule
from airflow_batch_provider.spec.rules.subjects import jobs
from airflow_batch_provider.spec.rules.violation import Violation


@rule("E401")
def array_sizes(workflow: Workflow) -> Iterator[Violation]:
    """An array has 1 to 1,000,000 children; the planner splits it into array jobs that AWS Batch accepts."""
    largest = limits.SUBMITTED_JOBS_MAX
    for subject in jobs(workflow):
        size = subject.get("array_size")
        if isinstance(size, int) and not 1 <= size <= largest:
            text = f"{subject.name} has array_size {size:,}; an array can have 1 to {largest:,} children"
            yield Violation("E401", (*subject.path, "array_size"), text)


@rule("E407")
def queue_and_definition(workflow: Workflow) -> Iterator[Violation]:
    """A job has a job queue and a job definition, its own or from `defaults`."""
    for subject in jobs(workflow):
        for member in ("job_queue", "job_definition"):
            if subject.get(member) is None:
                text = f"{subject.name} has no {member}; set it on the job or under 'defaults'"
                if member == "job_queue" and subject.get("queue") is not None:
                    text += " ('queue' is a queue of Airflow's workers)"
                missing = ((*subject.path, member),)
                yield Violation("E407", subject.path, text, at_key=True, missing=missing)
