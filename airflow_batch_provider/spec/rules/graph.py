"""E3xx: jobs, Python tasks and the dependencies between them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter

from airflow_batch_provider.spec.document import Path
from airflow_batch_provider.spec.models import (
    SUBMIT_TASK,
    Arrangement,
    Dependency,
    DependencyType,
    Job,
    PythonTask,
    Workflow,
)
from airflow_batch_provider.spec.rules.violation import Violation

JOB_KEY = re.compile(r"[A-Za-z0-9_-]{1,100}")
_JOBS_NAMED = 10


def unknown_jobs(workflow: Workflow) -> Iterator[Violation]:
    """E301: a dependency names a job (or Python task) of the workflow."""
    known = {*workflow.jobs, *workflow.tasks}
    for kind, key, path, dependency in _dependencies(workflow):
        if dependency.job is None or dependency.job in known:
            continue
        text = f"{kind} '{key}' depends on '{dependency.job}', which is no job of this workflow"
        yield Violation("E301", path, f"{text}; {_near(dependency.job, sorted(known))}")


def cycles(workflow: Workflow) -> Iterator[Violation]:
    """E302: jobs do not wait for each other in a circle."""
    nodes: dict[str, Job | PythonTask] = {**workflow.jobs, **workflow.tasks}
    upstream = {
        key: [d.job for d in node.depends_on if d.job in nodes and d.job != key]
        for key, node in nodes.items()
    }
    while circle := _circle(upstream):
        text = f"jobs wait for each other: {' → '.join(circle)}; remove one of these dependencies"
        kind = "jobs" if circle[1] in workflow.jobs else "tasks"
        yield Violation("E302", (kind, circle[1], "depends_on"), text, at_key=True)
        upstream = {
            key: [other for other in others if other not in circle]
            for key, others in upstream.items()
            if key not in circle
        }


def self_dependencies(workflow: Workflow) -> Iterator[Violation]:
    """E303: a job does not depend on itself."""
    for kind, key, path, dependency in _dependencies(workflow):
        if dependency.job == key:
            text = f"{kind} '{key}' depends on itself; children one after the other are {{type: SEQUENTIAL}}"
            yield Violation("E303", path, text)


def job_keys(workflow: Workflow) -> Iterator[Violation]:
    """E304: a job key can be an Airflow task's id, and is not taken."""
    for key in workflow.jobs:
        if not JOB_KEY.fullmatch(key):
            text = (
                f"job key '{key}' becomes a task id: up to 100 letters, digits, '_' and '-'; rename the job"
            )
            yield Violation("E304", ("jobs", key), text, at_key=True)
        elif key == SUBMIT_TASK and workflow.submission is Arrangement.AT_ONCE:
            text = f"job key '{key}' is taken by the task that submits the jobs; rename the job"
            yield Violation("E304", ("jobs", key), text, at_key=True)
    for key in workflow.tasks:
        if not JOB_KEY.fullmatch(key) or key == SUBMIT_TASK:
            text = f"task key '{key}' becomes a task id: up to 100 letters, digits, '_' and '-', not 'submit'"
            yield Violation("E304", ("tasks", key), text, at_key=True)
        elif key in workflow.jobs:
            text = f"there is a job '{key}' as well as a task '{key}'; rename one of them"
            yield Violation("E304", ("tasks", key), text, at_key=True)


def array_dependencies(workflow: Workflow) -> Iterator[Violation]:
    """E305: N_TO_N and SEQUENTIAL are for array jobs, N_TO_N for two of the same size."""
    for kind, key, path, dependency in _dependencies(workflow):
        if dependency.type is None:
            continue
        job = workflow.jobs.get(key) if kind == "job" else None
        if job is None or job.array_size is None:
            text = f"{dependency.type} needs an array job, and {kind} '{key}' has no array_size"
            yield Violation("E305", path, text)
        elif dependency.type is DependencyType.N_TO_N and dependency.job is not None:
            yield from _unequal(workflow, key, job, dependency.job, path)


def repeated_dependencies(workflow: Workflow) -> Iterator[Violation]:
    """E306: a job depends on another once."""
    seen: dict[tuple[str, str, str | None], DependencyType | None] = {}
    for kind, key, path, dependency in _dependencies(workflow):
        edge = (kind, key, dependency.job)
        if edge in seen:
            what = f"on '{dependency.job}'" if dependency.job else "on its own children (SEQUENTIAL)"
            yield Violation("E306", path, f"{kind} '{key}' depends {what} a second time; keep one of the two")
        seen[edge] = dependency.type


def _dependencies(workflow: Workflow) -> Iterator[tuple[str, str, Path, Dependency]]:
    for key, job in workflow.jobs.items():
        for index, dependency in enumerate(job.depends_on):
            yield "job", key, ("jobs", key, "depends_on", index), dependency
    for key, task in workflow.tasks.items():
        for index, dependency in enumerate(task.depends_on):
            yield "task", key, ("tasks", key, "depends_on", index), dependency


def _near(name: str, known: Sequence[str]) -> str:
    if near := get_close_matches(name, known, n=1):
        return f"did you mean '{near[0]}'?"
    more = f" and {len(known) - _JOBS_NAMED:,} more" if len(known) > _JOBS_NAMED else ""
    return f"there are: {', '.join(known[:_JOBS_NAMED])}{more}"


def _unequal(workflow: Workflow, key: str, job: Job, upstream_key: str, path: Path) -> Iterator[Violation]:
    upstream = workflow.jobs.get(upstream_key)
    if upstream is None and upstream_key not in workflow.tasks:
        return  # E301 has said so
    sizes = (job.array_size, upstream.array_size if upstream else None)
    known = all(isinstance(size, int) for size in sizes)
    if sizes[1] is None or (known and sizes[0] != sizes[1]):
        text = (
            f"N_TO_N pairs the children of '{key}' ({sizes[0]}) with those of '{upstream_key}' "
            f"({sizes[1] or 'no array job'}); give both the same array_size"
        )
        yield Violation("E305", path, text)


def _circle(upstream: Mapping[str, Sequence[str]]) -> list[str]:
    try:
        TopologicalSorter(upstream).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        return circle
    return []


RULES = (
    unknown_jobs,
    cycles,
    self_dependencies,
    job_keys,
    array_dependencies,
    repeated_dependencies,
)
