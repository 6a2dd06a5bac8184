"""D2xx and D3xx: job definitions, and whether jobs fit where they are to run."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from airflow_batch_provider import limits
from airflow_batch_provider.doctor.facts import DefinitionFacts, EnvironmentFacts, InstanceSize, QueueFacts
from airflow_batch_provider.doctor.finding import Diagnosis, Severity


def missing_definition(job_keys: Sequence[str], name: str, in_spec: Collection[str]) -> Diagnosis:
    """D201: a job definition that is not there."""
    is_planned = name.partition(":")[0] in in_spec
    remedy = (
        "It stands under 'resources': run 'airflow-batch resources apply'"
        if is_planned
        else "Register it, write it under 'resources', or correct the name"
    )
    return Diagnosis(
        "D201", Severity.ERROR, f"job definition '{name}' ({_users(job_keys)}) does not exist", remedy
    )


def definition_status(job_keys: Sequence[str], definition: DefinitionFacts) -> Iterator[Diagnosis]:
    """D202: a job definition that was deregistered."""
    if definition.status != "ACTIVE":
        yield Diagnosis(
            "D202",
            Severity.ERROR,
            f"job definition '{definition.name}' ({_users(job_keys)}) is {definition.status}, deregistered",
            "Register it again, which makes a new revision, or name a revision that is ACTIVE",
        )


def platform(job_key: str, definition: DefinitionFacts, queue: QueueFacts) -> Iterator[Diagnosis]:
    """D203: a job definition for another platform than the queue's."""
    kinds = {each.is_fargate for each in queue.environments}
    if kinds and definition.is_fargate not in kinds:
        wanted, there = ("FARGATE", "EC2") if definition.is_fargate else ("EC2", "Fargate")
        yield Diagnosis(
            "D203",
            Severity.ERROR,
            f"job definition '{definition.name}' of job '{job_key}' is for {wanted}, "
            f"and job queue '{queue.name}' runs jobs on {there}",
            "Use a queue of that platform, or a definition with other platform_capabilities",
        )


def fits(
    job_key: str,
    needs: Mapping[str, str],
    queue: QueueFacts,
    sizes: Mapping[str, Sequence[InstanceSize] | None],
) -> Iterator[Diagnosis]:
    """
    D301 to D303: a job that is larger than what there is, and would stay RUNNABLE for ever.

    :param needs: ``VCPU`` and ``MEMORY`` (MiB), as far as they are known.
    :param sizes: the instance types of each compute environment; None where they are not known.
    """
    if not queue.usable:
        return  # that is another finding
    problems = [_problem(needs, each, sizes.get(each.name)) for each in queue.usable]
    found = [problem for problem in problems if problem is not None]
    if len(found) == len(problems):
        rule, reason, remedy = found[0]
        yield Diagnosis(
            rule,
            Severity.ERROR,
            f"job '{job_key}' does not fit into job queue '{queue.name}': {reason}",
            remedy,
        )


def _problem(
    needs: Mapping[str, str], environment: EnvironmentFacts, sizes: Sequence[InstanceSize] | None
) -> tuple[str, str, str] | None:
    vcpus, memory = _number(needs.get("VCPU")), _number(needs.get("MEMORY"))
    who = f"compute environment '{environment.name}'"
    if vcpus is not None and environment.max_vcpus is not None and vcpus > environment.max_vcpus:
        reason = f"it needs {vcpus:g} vCPUs, and {who} has {environment.max_vcpus} at most"
        return "D301", reason, "Lower its vcpus, or raise max_vcpus"
    if environment.is_fargate:
        return _fargate_problem(needs, who)
    if sizes is not None and not any(
        (vcpus or 0) <= size.vcpus and (memory or 0) <= size.memory_mib for size in sizes
    ):
        largest = max(sizes, key=lambda size: (size.vcpus, size.memory_mib))
        reason = (
            f"it needs {vcpus or 0:g} vCPUs and {memory or 0:g} MiB, and the largest instance type of {who}, "
            f"{largest.name}, has {largest.vcpus} vCPUs and {largest.memory_mib} MiB, partly for the system"
        )
        return "D302", reason, "Lower its vcpus and memory, or allow larger instance types"
    return None


def _fargate_problem(needs: Mapping[str, str], who: str) -> tuple[str, str, str] | None:
    vcpus, memory = needs.get("VCPU"), _number(needs.get("MEMORY"))
    if vcpus is None or memory is None:
        return None
    allowed = limits.FARGATE_MEMORY_MIB.get(f"{_number(vcpus) or 0:g}")
    if allowed is None:
        reason = f"it needs {vcpus} vCPUs, and Fargate ({who}) offers {', '.join(limits.FARGATE_MEMORY_MIB)}"
        return "D303", reason, "Choose one of these"
    if memory not in allowed:
        reason = (
            f"it needs {memory:g} MiB with {vcpus} vCPUs, and Fargate ({who}) offers "
            f"{allowed[0]} to {allowed[-1]} MiB in steps"
        )
        return "D303", reason, f"Choose one of {', '.join(map(str, allowed[:4]))}, …"
    return None


def _users(job_keys: Sequence[str]) -> str:
    return f"{'jobs' if len(job_keys) > 1 else 'job'} {', '.join(job_keys)}"


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None
