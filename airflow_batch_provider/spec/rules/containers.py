"""E4xx: environment, command and resources of containers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from airflow_batch_provider import limits
from airflow_batch_provider.names import camel_case_members
from airflow_batch_provider.spec.models import JobDefinition, Platform, Workflow
from airflow_batch_provider.spec.rules.registry import rule
from airflow_batch_provider.spec.rules.subjects import Subject, inline_definitions, jobs, subjects
from airflow_batch_provider.spec.rules.violation import Violation

_CONTAINERS: Final = {
    "ecs_properties_override": "taskProperties",
    "eks_properties_override": "podProperties",
}
_FULL_PROPERTIES: Final = ("container_properties", "ecs_properties", "eks_properties", "node_properties")


@rule("E410")
def environment_names(workflow: Workflow) -> Iterator[Violation]:
    """The name of an environment variable is not empty, has no `=`, and is not reserved by AWS Batch."""
    reserved = limits.RESERVED_ENVIRONMENT_PREFIX
    for subject in subjects(workflow):
        for name in subject.get("environment") or {}:
            path = (*subject.path, "environment", name)
            if not name.strip() or "=" in name:
                text = (
                    f"{subject.name} has an environment variable named '{name}'; "
                    "a name must not be empty or contain '='"
                )
                yield Violation("E410", path, text, at_key=True)
            elif name.startswith(reserved):
                text = f"{subject.name} sets '{name}'; AWS Batch reserves names that start with {reserved}"
                yield Violation("E410", path, text, at_key=True)


@rule("E414")
def memory(workflow: Workflow) -> Iterator[Violation]:
    """A container has at least 4 MiB of memory."""
    for subject in subjects(workflow):
        amount = subject.get("memory")
        if amount is not None and amount.isdecimal() and int(amount) < limits.MEMORY_MIB_MIN:
            text = f"{subject.name} has {amount} MiB of memory; the minimum is {limits.MEMORY_MIB_MIN} MiB"
            yield Violation("E414", (*subject.path, "memory"), text)


@rule("E416")
def command_items(workflow: Workflow) -> Iterator[Violation]:
    """A command contains no empty string."""
    for subject in subjects(workflow):
        for index, word in enumerate(subject.get("command") or ()):
            if not word:
                text = (
                    f"item {index + 1} of the command of {subject.name} is an empty string, "
                    "which AWS Batch rejects; remove it"
                )
                yield Violation("E416", (*subject.path, "command", index), text)


@rule("E413")
def vcpus(workflow: Workflow) -> Iterator[Violation]:
    """Memory and vCPUs are a combination that Fargate supports; EC2 requires whole vCPUs."""
    for subject in subjects(workflow):
        amount = subject.get("vcpus")
        if amount is None or not _is_number(amount):
            continue
        platform = _platform(subject)
        if platform is Platform.EC2 and not amount.isdecimal():
            text = f"{subject.name} has {amount} vCPUs; EC2 requires a whole number"
            definition = (
                *subject.path,
                *(() if subject.path[-1] == "job_definition" else ("job_definition",)),
            )
            platform_path = (*definition, "platform_capabilities")
            yield Violation("E413", (*subject.path, "vcpus"), text, missing=(platform_path,))
        elif platform is Platform.FARGATE or not amount.isdecimal():
            yield from _unsupported_on_fargate(subject, amount)


@rule("E418")
def complete_definitions(workflow: Workflow) -> Iterator[Violation]:
    """An inline job definition has everything that AWS Batch requires to register it."""
    for subject, job in inline_definitions(workflow):
        definition = subject.members
        full = [name for name in _FULL_PROPERTIES if subject.get(name) is not None]
        if len(full) > 1:
            text = f"{subject.name} has {' and '.join(full)}; keep only one of them"
            yield Violation("E418", subject.path, text)
        if full:
            continue
        missing = [name for name in ("image", "vcpus", "memory") if subject.get(name) is None]
        if _is_fargate(definition) and definition.execution_role_arn is None:
            missing.append("execution_role_arn")
        if missing:
            text = (
                f"{subject.name} has no {' and no '.join(missing)}; "
                f"AWS Batch requires {'it' if len(missing) == 1 else 'them'} to register the job definition"
            )
            absent = tuple((*subject.path, name) for name in (*missing, *_FULL_PROPERTIES))
            yield Violation("E418", subject.path, text, missing=absent)
        gpus = definition.gpus or job.gpus
        if _is_fargate(definition) and gpus:
            text = f"{subject.name} is for Fargate, which has no GPUs; remove 'gpus' or use EC2"
            yield Violation("E418", subject.path, text)


@rule("E419")
def containers_of_large_arrays(workflow: Workflow) -> Iterator[Violation]:
    """For an array of more than 10,000 children, an override names the containers that get the index."""
    for subject in jobs(workflow):
        size = subject.get("array_size")
        if not isinstance(size, int) or size <= limits.ARRAY_SIZE_MAX:
            continue
        for member, within in _CONTAINERS.items():
            override = camel_case_members(subject.get(member))
            if override is not None and not _has_containers(override.get(within)):
                text = (
                    f"{subject.name} has {size:,} children and is split into several array jobs; {member} "
                    "must name the containers, so that each gets its index in the whole array"
                )
                yield Violation("E419", (*subject.path, member), text)


def _has_containers(within: Any) -> bool:
    """Return whether the tasks or the pod of an override name containers."""
    tasks = within if isinstance(within, list) else [within]
    return any(isinstance(task, dict) and task.get("containers") for task in tasks)


def _unsupported_on_fargate(subject: Subject, amount: str) -> Iterator[Violation]:
    sizes = limits.FARGATE_MEMORY_MIB.get(amount)
    if sizes is None:
        known = ", ".join(limits.FARGATE_MEMORY_MIB)
        text = f"{subject.name} has {amount} vCPUs; Fargate supports {known}, and EC2 whole numbers"
        yield Violation("E413", (*subject.path, "vcpus"), text)
        return
    wanted = subject.get("memory")
    if wanted is not None and wanted.isdecimal() and int(wanted) not in sizes:
        text = (
            f"{subject.name} has {amount} vCPUs with {int(wanted):,} MiB; "
            f"with {amount} vCPUs, Fargate supports {_listed(sizes)} MiB"
        )
        yield Violation("E413", (*subject.path, "memory"), text)


def _listed(sizes: tuple[int, ...]) -> str:
    if len(sizes) <= 3:
        return " or ".join(f"{size:,}" for size in sizes)
    return f"{sizes[0]:,} to {sizes[-1]:,} in steps of {sizes[1] - sizes[0]:,}"


def _platform(subject: Subject) -> Platform | None:
    """Return the platform of an inline job definition; None if the spec does not specify it."""
    definition = subject.members if subject.path[-1] == "job_definition" else subject.get("job_definition")
    if not isinstance(definition, JobDefinition):
        return None
    return Platform.FARGATE if _is_fargate(definition) else Platform.EC2


def _is_fargate(definition: JobDefinition) -> bool:
    return Platform.FARGATE in (definition.platform_capabilities or ())


def _is_number(amount: str) -> bool:
    return amount.replace(".", "", 1).isdecimal()
