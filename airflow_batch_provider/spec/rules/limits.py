"""E4xx: AWS Batch's limits, for all values that are literals."""

from __future__ import annotations

from collections.abc import Iterator

from airflow_batch_provider import limits
from airflow_batch_provider.spec.models import Workflow
from airflow_batch_provider.spec.rules.registry import rule
from airflow_batch_provider.spec.rules.subjects import jobs, subjects
from airflow_batch_provider.spec.rules.violation import Violation


@rule("E401")
def array_sizes(workflow: Workflow) -> Iterator[Violation]:
    """An array has 1 to 1,000,000 children; the planner splits it into array jobs that AWS Batch accepts."""
    requirement = f"an array can have 1 to {limits.SUBMITTED_JOBS_MAX:,} children"
    yield from _out_of_range(workflow, "E401", "array_size", 1, limits.SUBMITTED_JOBS_MAX, requirement)


@rule("E402")
def timeouts(workflow: Workflow) -> Iterator[Violation]:
    """The timeout of an attempt is at least 60 seconds."""
    requirement = f"AWS Batch requires at least {limits.TIMEOUT_SECONDS_MIN} seconds"
    yield from _out_of_range(workflow, "E402", "timeout", limits.TIMEOUT_SECONDS_MIN, None, requirement)


@rule("E403")
def attempts(workflow: Workflow) -> Iterator[Violation]:
    """A job has 1 to 10 attempts."""
    smallest, largest = limits.ATTEMPTS_MIN, limits.ATTEMPTS_MAX
    requirement = f"AWS Batch accepts {smallest} to {largest}"
    yield from _out_of_range(workflow, "E403", "attempts", smallest, largest, requirement)


@rule("E404")
def scheduling_priorities(workflow: Workflow) -> Iterator[Violation]:
    """The scheduling priority is 0 to 9999."""
    largest = limits.SCHEDULING_PRIORITY_MAX
    for member in ("scheduling_priority_override", "scheduling_priority"):
        yield from _out_of_range(workflow, "E404", member, 0, largest, f"AWS Batch accepts 0 to {largest:,}")


@rule("E407")
def queue_and_definition(workflow: Workflow) -> Iterator[Violation]:
    """A job has a job queue and a job definition, its own or from `defaults`."""
    for subject in jobs(workflow):
        for member in ("job_queue", "job_definition"):
            if subject.get(member) is None:
                text = f"{subject.name} has no {member}; set it on the job or under 'defaults'"
                missing = ((*subject.path, member),)
                yield Violation("E407", subject.path, text, at_key=True, missing=missing)


@rule("E415")
def gpu_counts(workflow: Workflow) -> Iterator[Violation]:
    """The number of GPUs is not negative."""
    yield from _out_of_range(workflow, "E415", "gpus", 0, None, "use 0 or more")


def _out_of_range(
    workflow: Workflow, rule_id: str, member: str, smallest: int, largest: int | None, requirement: str
) -> Iterator[Violation]:
    for subject in subjects(workflow):
        value = subject.get(member)
        if isinstance(value, int) and (value < smallest or (largest is not None and value > largest)):
            text = f"{subject.name} has {member} {value:,}; {requirement}"
            yield Violation(rule_id, (*subject.path, member), text)
