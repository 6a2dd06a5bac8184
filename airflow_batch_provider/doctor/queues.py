"""D1xx and D4xx: job queues, their compute environments, and share identifiers."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING

from airflow_batch_provider.doctor.finding import AccountFinding, Severity

if TYPE_CHECKING:
    from airflow_batch_provider.doctor.facts import EnvironmentFacts, QueueFacts


def explain_missing_queue(name: str, existing: Collection[str], in_spec: Collection[str]) -> AccountFinding:
    """
    Return D101: the job queue does not exist.

    :param existing: the names of the account's job queues.
    :param in_spec: the names of the job queues under ``resources`` of the spec.
    """
    if name in in_spec:
        remedy = "The spec defines it under 'resources': run 'airflow-batch resources apply' to create it"
    elif near := get_close_matches(name, existing, n=1):
        remedy = f"Did you mean '{near[0]}'? Correct the spec, or create the queue"
    else:
        listed = ", ".join(sorted(existing))
        remedy = (
            f"Create it, or use an existing job queue ({listed})"
            if listed
            else "Create it; the account has no job queues in this Region"
        )
    return AccountFinding("D101", Severity.ERROR, f"job queue '{name}' does not exist", remedy)


def check_queue(queue: QueueFacts) -> Iterator[AccountFinding]:
    """Check for D102 and D103: a job queue that does not accept jobs."""
    if queue.state != "ENABLED":
        yield AccountFinding(
            "D102",
            Severity.ERROR,
            f"job queue '{queue.name}' is {queue.state} and does not accept jobs",
            f"Enable it: aws batch update-job-queue --job-queue {queue.name} --state ENABLED",
        )
    if queue.status != "VALID":
        is_invalid = queue.status == "INVALID"
        yield AccountFinding(
            "D103",
            Severity.ERROR if is_invalid else Severity.WARNING,
            f"job queue '{queue.name}' is {queue.status}{_reason_suffix(queue.status_reason)}",
            "Fix its configuration, or replace it" if is_invalid else "Wait until it is VALID",
        )


def check_environments(queue: QueueFacts) -> Iterator[AccountFinding]:
    """Check for D111 to D114: compute environments that cannot start jobs."""
    if not queue.environments:
        yield AccountFinding(
            "D114",
            Severity.ERROR,
            f"none of the compute environments of job queue '{queue.name}' could be described",
            "Check that they exist and that batch:DescribeComputeEnvironments is allowed; otherwise "
            "attach an "
            "existing compute environment",
        )
    severity = Severity.WARNING if queue.usable else Severity.ERROR
    for environment in queue.environments:
        yield from _check_environment(environment, queue.name, severity)


def check_share_identifier(
    job_key: str, queue: QueueFacts, share_identifier: str | None
) -> Iterator[AccountFinding]:
    """Check for D401 and D402: a share identifier that is missing or that the queue does not accept."""
    if queue.has_policy and not share_identifier:
        yield AccountFinding(
            "D401",
            Severity.ERROR,
            f"job '{job_key}' has no share_identifier, but job queue '{queue.name}' has a scheduling policy",
            "Set share_identifier on the job or under 'defaults'",
        )
    if not queue.has_policy and share_identifier:
        yield AccountFinding(
            "D402",
            Severity.ERROR,
            f"job '{job_key}' has a share_identifier, but job queue '{queue.name}' has no scheduling policy",
            "Remove share_identifier, or use a job queue that was created with a scheduling policy",
        )


def _check_environment(
    environment: EnvironmentFacts, queue: str, severity: Severity
) -> Iterator[AccountFinding]:
    subject = f"compute environment '{environment.name}' of job queue '{queue}'"
    if environment.status == "INVALID":
        yield AccountFinding(
            "D111",
            severity,
            f"{subject} is INVALID{_reason_suffix(environment.status_reason)}",
            "Fix what the reason names (often a role, a subnet or a launch template), then update it",
        )
    if environment.state != "ENABLED":
        yield AccountFinding(
            "D112",
            severity,
            f"{subject} is {environment.state} and starts no jobs",
            "Enable it: aws batch update-compute-environment "
            f"--compute-environment {environment.name} --state ENABLED",
        )
    if environment.max_vcpus == 0:
        yield AccountFinding("D113", severity, f"{subject} has max_vcpus 0", "Increase max_vcpus")


def _reason_suffix(reason: str | None) -> str:
    return f": {reason.rstrip('.')}" if reason else ""
