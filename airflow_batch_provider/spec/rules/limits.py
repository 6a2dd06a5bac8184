"""E4xx: AWS Batch's limits, as far as they can be told from the literal parts of a spec."""

from __future__ import annotations

from collections.abc import Iterator

from airflow_batch_provider import limits
from airflow_batch_provider.spec.models import Workflow
from airflow_batch_provider.spec.rules.subjects import jobs, subjects
from airflow_batch_provider.spec.rules.violation import Violation


def array_sizes(workflow: Workflow) -> Iterator[Violation]:
    """E401: an array has 1 to 1,000,000 children; the planner makes of it what AWS Batch takes."""
    yield from _outside(workflow, "E401", "array_size", 1, limits.SUBMITTED_JOBS_MAX, "children")


def timeouts(workflow: Workflow) -> Iterator[Violation]:
    """E402: an attempt may run for 60 seconds or longer."""
    yield from _outside(workflow, "E402", "timeout", limits.TIMEOUT_SECONDS_MIN, None, "seconds")


def attempts(workflow: Workflow) -> Iterator[Violation]:
    """E403: a job has 1 to 10 attempts."""
    yield from _outside(workflow, "E403", "attempts", limits.ATTEMPTS_MIN, limits.ATTEMPTS_MAX, "attempts")


def scheduling_priorities(workflow: Workflow) -> Iterator[Violation]:
    """E404: the priority inside a share is 0 to 9999."""
    for member in ("scheduling_priority_override", "scheduling_priority"):
        yield from _outside(workflow, "E404", member, 0, limits.SCHEDULING_PRIORITY_MAX, "as its value")


def where_it_runs(workflow: Workflow) -> Iterator[Violation]:
    """E407: a job needs a job queue and a job definition, its own or the defaults'."""
    for subject in jobs(workflow):
        for member in ("job_queue", "job_definition"):
            if subject.get(member) is None:
                text = f"{subject.name} has no {member}; write it there or under 'defaults'"
                yield Violation("E407", subject.path, text, at_key=True)


def gpu_counts(workflow: Workflow) -> Iterator[Violation]:
    """E415: a number of GPUs is not negative."""
    yield from _outside(workflow, "E415", "gpus", 0, None, "GPUs")


def _outside(
    workflow: Workflow, rule: str, member: str, smallest: int, largest: int | None, unit: str
) -> Iterator[Violation]:
    bounds = f"{smallest:,} to {largest:,}" if largest is not None else f"{smallest:,} or more"
    for subject in subjects(workflow):
        value = subject.get(member)
        if isinstance(value, int) and (value < smallest or (largest is not None and value > largest)):
            text = f"{subject.name} has {member} {value:,}; AWS Batch takes {bounds} {unit}"
            yield Violation(rule, (*subject.path, member), text)


RULES = (
    array_sizes,
    timeouts,
    attempts,
    scheduling_priorities,
    where_it_runs,
    gpu_counts,
)
