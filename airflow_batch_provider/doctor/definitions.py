"""D2xx and D3xx: job definitions, and whether jobs fit their compute environments."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from airflow_batch_provider import limits
from airflow_batch_provider.doctor.finding import AccountFinding, Severity

if TYPE_CHECKING:
    from airflow_batch_provider.doctor.facts import (
        DefinitionFacts,
        EnvironmentFacts,
        InstanceSize,
        QueueFacts,
    )


def explain_missing_definition(
    job_keys: Sequence[str], name: str, in_spec: Collection[str]
) -> AccountFinding:
    """
    Return D201: the job definition does not exist.

    :param job_keys: the jobs that use it.
    :param in_spec: the names of the job definitions under ``resources`` of the spec.
    """
    is_in_spec = name.partition(":")[0] in in_spec
    remedy = (
        "The spec defines it under 'resources': run 'airflow-batch resources apply' to register it"
        if is_in_spec
        else "Register it, define it under 'resources', or correct the name"
    )
    return AccountFinding(
        "D201", Severity.ERROR, f"job definition '{name}' ({_format_jobs(job_keys)}) does not exist", remedy
    )


def check_definition_status(job_keys: Sequence[str], definition: DefinitionFacts) -> Iterator[AccountFinding]:
    """Check for D202: a job definition that was deregistered."""
    if definition.status != "ACTIVE":
        yield AccountFinding(
            "D202",
            Severity.ERROR,
            f"job definition '{definition.name}' ({_format_jobs(job_keys)}) is {definition.status}: "
            "it was deregistered",
            "Register a new revision, or use a revision that is ACTIVE",
        )


def check_platform(job_key: str, definition: DefinitionFacts, queue: QueueFacts) -> Iterator[AccountFinding]:
    """Check for D203: a job definition whose platform the queue does not offer."""
    kinds = {each.is_fargate for each in queue.environments}
    if kinds and definition.is_fargate not in kinds:
        required, offered = ("Fargate", "EC2") if definition.is_fargate else ("EC2", "Fargate")
        yield AccountFinding(
            "D203",
            Severity.ERROR,
            f"job definition '{definition.name}' of job '{job_key}' requires {required}, "
            f"but job queue '{queue.name}' runs jobs on {offered}",
            f"Use a job queue on {required}, or change platform_capabilities of the job definition",
        )


def check_size(
    job_key: str,
    needs: Mapping[str, str],
    queue: QueueFacts,
    sizes: Mapping[str, Sequence[InstanceSize] | None],
) -> Iterator[AccountFinding]:
    """
    Check for D301 to D303: a job that fits no compute environment of its queue and would stay RUNNABLE.

    :param needs: ``VCPU`` and ``MEMORY`` (MiB); a value that is not known is absent.
    :param sizes: the instance types of each compute environment; None where they are not known.
    """
    if not queue.usable:
        return  # check_environments reports it
    problems = [_find_problem(needs, each, sizes.get(each.name)) for each in queue.usable]
    found = [problem for problem in problems if problem is not None]
    if len(found) == len(problems):
        rule, reason, remedy = found[0]
        yield AccountFinding(
            rule,
            Severity.ERROR,
            f"job '{job_key}' does not fit any compute environment of job queue '{queue.name}': {reason}",
            remedy,
        )


def _find_problem(
    needs: Mapping[str, str], environment: EnvironmentFacts, sizes: Sequence[InstanceSize] | None
) -> tuple[str, str, str] | None:
    vcpus, memory = _parse_number(needs.get("VCPU")), _parse_number(needs.get("MEMORY"))
    subject = f"compute environment '{environment.name}'"
    if vcpus is not None and environment.max_vcpus is not None and vcpus > environment.max_vcpus:
        reason = f"it needs {vcpus:g} vCPUs, but {subject} allows at most {environment.max_vcpus}"
        return "D301", reason, "Lower the job's vcpus, or increase max_vcpus"
    if environment.is_fargate:
        return _find_fargate_problem(needs, subject)
    if sizes is not None and not any(
        (vcpus or 0) <= size.vcpus and (memory or 0) <= size.memory_mib for size in sizes
    ):
        largest = max(sizes, key=lambda size: (size.vcpus, size.memory_mib))
        reason = (
            f"it needs {vcpus or 0:g} vCPUs and {memory or 0:g} MiB, but the largest instance type of "
            f"{subject}, {largest.name}, has {largest.vcpus} vCPUs and {largest.memory_mib} MiB, "
            "less what the system needs"
        )
        return "D302", reason, "Lower the job's vcpus and memory, or allow larger instance types"
    return None


def _find_fargate_problem(needs: Mapping[str, str], subject: str) -> tuple[str, str, str] | None:
    vcpus, memory = needs.get("VCPU"), _parse_number(needs.get("MEMORY"))
    if vcpus is None or memory is None:
        return None
    allowed = limits.FARGATE_MEMORY_MIB.get(f"{_parse_number(vcpus) or 0:g}")
    if allowed is None:
        offered = ", ".join(limits.FARGATE_MEMORY_MIB)
        return (
            "D303",
            f"it needs {vcpus} vCPUs, but Fargate ({subject}) offers {offered}",
            "Use one of these values",
        )
    if memory not in allowed:
        reason = (
            f"it needs {memory:g} MiB with {vcpus} vCPUs, but Fargate ({subject}) offers "
            f"{allowed[0]} to {allowed[-1]} MiB in fixed steps"
        )
        return "D303", reason, f"Use one of {', '.join(map(str, allowed[:4]))}, …"
    return None


def _format_jobs(job_keys: Sequence[str]) -> str:
    return f"{'jobs' if len(job_keys) > 1 else 'job'} {', '.join(job_keys)}"


def _parse_number(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None
