"""E3xx: jobs, Python tasks and the dependencies between them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from airflow_batch_provider.spec.document import DataPath
from airflow_batch_provider.spec.models import (
    SUBMIT_TASK,
    Dependency,
    DependencyType,
    Job,
    PythonTask,
    SubmissionMode,
    Workflow,
)
from airflow_batch_provider.spec.rules.registry import rule
from airflow_batch_provider.spec.rules.violation import Violation
from airflow_batch_provider.spec.suggestions import did_you_mean

JOB_KEY = re.compile(r"[A-Za-z0-9_-]{1,100}")
_LISTED_JOBS_MAX = 10


@rule("E301")
def unknown_jobs(workflow: Workflow) -> Iterator[Violation]:
    """A dependency names a job or Python task of the workflow."""
    known = {*workflow.jobs, *workflow.tasks}
    for kind, key, path, dependency in _dependencies(workflow):
        if dependency.job is None or dependency.job in known:
            continue
        candidates = sorted(known)
        suggestion = did_you_mean(dependency.job, candidates, otherwise=f"; it has {_listed(candidates)}")
        text = f"{kind} '{key}' depends on '{dependency.job}', which is not in this workflow{suggestion}"
        missing = (("jobs", dependency.job), ("tasks", dependency.job))
        yield Violation("E301", path, text, missing=missing)


@rule("E302")
def cycles(workflow: Workflow) -> Iterator[Violation]:
    """Dependencies do not form a cycle."""
    nodes: dict[str, Job | PythonTask] = {**workflow.jobs, **workflow.tasks}
    # E301 and E303 report unknown jobs and self-dependencies.
    upstream = {
        key: [d.job for d in node.depends_on if d.job in nodes and d.job != key]
        for key, node in nodes.items()
    }
    # graphlib reports one cycle at a time: remove its jobs and search again.
    while cycle := _find_cycle(upstream):
        text = f"circular dependency: {' → '.join(cycle)}; remove one of these dependencies"
        kind = "jobs" if cycle[1] in workflow.jobs else "tasks"
        yield Violation("E302", (kind, cycle[1], "depends_on"), text, at_key=True)
        upstream = {
            key: [other for other in others if other not in cycle]
            for key, others in upstream.items()
            if key not in cycle
        }


@rule("E303")
def self_dependencies(workflow: Workflow) -> Iterator[Violation]:
    """A job does not depend on itself."""
    for kind, key, path, dependency in _dependencies(workflow):
        if dependency.job == key:
            text = (
                f"{kind} '{key}' depends on itself; to run the children of an array job one after another, "
                "write {type: SEQUENTIAL}"
            )
            yield Violation("E303", path, text)


@rule("E304")
def job_keys(workflow: Workflow) -> Iterator[Violation]:
    """A job key is a valid Airflow task ID and is not used twice."""
    for key in workflow.jobs:
        if not JOB_KEY.fullmatch(key):
            text = f"job key '{key}' is not a valid task ID; use up to 100 letters, digits, '_' and '-'"
            yield Violation("E304", ("jobs", key), text, at_key=True)
        elif key == SUBMIT_TASK and workflow.submission is SubmissionMode.AT_ONCE:
            text = f"job key '{key}' is reserved for the task that submits the jobs; rename the job"
            yield Violation("E304", ("jobs", key), text, at_key=True, missing=(("submission",),))
    for key in workflow.tasks:
        if not JOB_KEY.fullmatch(key):
            text = f"task key '{key}' is not a valid task ID; use up to 100 letters, digits, '_' and '-'"
            yield Violation("E304", ("tasks", key), text, at_key=True)
        elif key == SUBMIT_TASK:
            text = f"task key '{key}' is reserved for the task that submits the jobs; rename the task"
            yield Violation("E304", ("tasks", key), text, at_key=True)
        elif key in workflow.jobs:
            text = f"'{key}' is the key of both a job and a Python task; rename one of them"
            yield Violation("E304", ("tasks", key), text, at_key=True)


@rule("E305")
def array_dependencies(workflow: Workflow) -> Iterator[Violation]:
    """N_TO_N and SEQUENTIAL require an array job; N_TO_N requires two array jobs of the same size."""
    for kind, key, path, dependency in _dependencies(workflow):
        if dependency.type is None:
            continue
        job = workflow.jobs.get(key) if kind == "job" else None
        is_on_task = dependency.job in workflow.tasks
        if job is None or (job.array_size is None and not is_on_task):
            text = f"{dependency.type} requires an array job; {kind} '{key}' has no array_size"
            yield Violation("E305", path, text, missing=((path[0], key, "array_size"),))
        elif dependency.type is DependencyType.N_TO_N and dependency.job is not None:
            yield from _different_sizes(workflow, key, job, dependency.job, path)


@rule("E306")
def repeated_dependencies(workflow: Workflow) -> Iterator[Violation]:
    """A job depends on another job only once."""
    seen: set[tuple[str, str, str | None]] = set()
    for kind, key, path, dependency in _dependencies(workflow):
        edge = (kind, key, dependency.job)
        if edge in seen:
            what = f"on '{dependency.job}'" if dependency.job else "on its own children (SEQUENTIAL)"
            yield Violation("E306", path, f"{kind} '{key}' depends {what} more than once; keep one entry")
        seen.add(edge)


def _dependencies(workflow: Workflow) -> Iterator[tuple[str, str, DataPath, Dependency]]:
    for key, job in workflow.jobs.items():
        for index, dependency in enumerate(job.depends_on):
            yield "job", key, ("jobs", key, "depends_on", index), dependency
    for key, task in workflow.tasks.items():
        for index, dependency in enumerate(task.depends_on):
            yield "task", key, ("tasks", key, "depends_on", index), dependency


def _listed(keys: Sequence[str]) -> str:
    more = f" and {len(keys) - _LISTED_JOBS_MAX:,} more" if len(keys) > _LISTED_JOBS_MAX else ""
    return f"{', '.join(keys[:_LISTED_JOBS_MAX])}{more}"


def _different_sizes(
    workflow: Workflow, key: str, job: Job, upstream_key: str, path: DataPath
) -> Iterator[Violation]:
    upstream = workflow.jobs.get(upstream_key)
    if upstream is None and upstream_key not in workflow.tasks:
        return  # E301 reports it
    size, upstream_size = job.array_size, upstream.array_size if upstream else None
    if upstream_size is None:
        text = f"N_TO_N requires two array jobs; '{upstream_key}', on which '{key}' depends, is not one"
        missing = (("jobs", upstream_key, "array_size"),) if upstream else ()
        yield Violation("E305", path, text, missing=missing)
    elif isinstance(size, int) and isinstance(upstream_size, int) and size != upstream_size:
        text = (
            f"N_TO_N requires arrays of the same size; '{key}' has {size:,} children and "
            f"'{upstream_key}' has {upstream_size:,}"
        )
        yield Violation("E305", path, text)


def _find_cycle(upstream: Mapping[str, Sequence[str]]) -> list[str]:
    try:
        TopologicalSorter(upstream).prepare()
    except CycleError as error:
        # The first node is repeated at the end:
        # https://docs.python.org/3/library/graphlib.html#graphlib.CycleError
        cycle: list[str] = error.args[1]
        return cycle
    return []
