"""D1xx and D4xx: job queues, their compute environments, and shares."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from difflib import get_close_matches

from airflow_batch_provider.doctor.facts import EnvironmentFacts, QueueFacts
from airflow_batch_provider.doctor.finding import Diagnosis, Severity


def missing_queue(name: str, known: Collection[str], in_spec: Collection[str]) -> Diagnosis:
    """D101: a job queue that is not there."""
    if name in in_spec:
        remedy = "It stands under 'resources': run 'airflow-batch resources apply'"
    elif near := get_close_matches(name, known, n=1):
        remedy = f"Did you mean '{near[0]}'? Correct the spec, or create it"
    else:
        listed = ", ".join(sorted(known)) or "none"
        remedy = f"Create it, or name one of those that are there: {listed}"
    return Diagnosis("D101", Severity.ERROR, f"job queue '{name}' does not exist", remedy)


def queue_health(queue: QueueFacts) -> Iterator[Diagnosis]:
    """D102, D103: a job queue that takes no jobs."""
    if queue.state != "ENABLED":
        yield Diagnosis(
            "D102",
            Severity.ERROR,
            f"job queue '{queue.name}' is {queue.state} and refuses new jobs",
            f"Enable it: aws batch update-job-queue --job-queue {queue.name} --state ENABLED",
        )
    if queue.status != "VALID":
        is_invalid = queue.status == "INVALID"
        yield Diagnosis(
            "D103",
            Severity.ERROR if is_invalid else Severity.WARNING,
            f"job queue '{queue.name}' is {queue.status}{_because(queue.status_reason)}",
            "Repair or replace it" if is_invalid else "Wait until it is VALID",
        )


def environments_health(queue: QueueFacts) -> Iterator[Diagnosis]:
    """D111 to D114: compute environments on which no job starts."""
    if not queue.environments:
        yield Diagnosis(
            "D114",
            Severity.ERROR,
            f"job queue '{queue.name}' has no compute environment that can be described",
            "Give it one",
        )
    severity = Severity.WARNING if queue.usable else Severity.ERROR
    for environment in queue.environments:
        yield from _environment_health(environment, queue.name, severity)


def shares(job_key: str, queue: QueueFacts, share_identifier: str | None) -> Iterator[Diagnosis]:
    """D401, D402: a share identifier that is missing, or has no place."""
    if queue.has_policy and not share_identifier:
        yield Diagnosis(
            "D401",
            Severity.ERROR,
            f"job '{job_key}' has no share_identifier, and job queue '{queue.name}' has a scheduling policy",
            "Give the job (or 'defaults') a share_identifier",
        )
    if not queue.has_policy and share_identifier:
        yield Diagnosis(
            "D402",
            Severity.ERROR,
            f"job '{job_key}' has a share_identifier, and job queue '{queue.name}' has no scheduling policy",
            "Leave it out, or use a queue that was created with a policy",
        )


def _environment_health(environment: EnvironmentFacts, queue: str, severity: Severity) -> Iterator[Diagnosis]:
    who = f"compute environment '{environment.name}' of job queue '{queue}'"
    if environment.status == "INVALID":
        yield Diagnosis(
            "D111",
            severity,
            f"{who} is INVALID{_because(environment.status_reason)}",
            "Repair what the reason names (often a role, subnet or launch template), then update it",
        )
    if environment.state != "ENABLED":
        yield Diagnosis(
            "D112",
            severity,
            f"{who} is {environment.state} and starts no jobs",
            "Enable it: aws batch update-compute-environment "
            f"--compute-environment {environment.name} --state ENABLED",
        )
    if environment.max_vcpus == 0:
        yield Diagnosis("D113", severity, f"{who} has 0 max vCPUs", "Raise its max_vcpus")


def _because(reason: str | None) -> str:
    return f": {reason.rstrip('.')}" if reason else ""
